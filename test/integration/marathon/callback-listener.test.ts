import { connect } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CallbackListener, type CallbackListenerOptions } from '../../../src/marathon/callback-listener.ts';
import { EVENT_TYPES } from '../../../src/marathon/decode-event.ts';
import type { EventReport } from '../../../src/marathon/event-report.ts';
import type { MarathonNotice } from '../../../src/marathon/event-source.ts';
import { systemClock } from '../../../src/runtime/clock.ts';

/** Its fields: mesosphere/marathon `docs/event-bus.md`. */
const RUNNING = {
  eventType: 'status_update_event',
  timestamp: '2021-05-04T03:02:01.000Z',
  slaveId: '5c1e-S7',
  taskId: 'my-app.1f3c',
  taskStatus: 'TASK_RUNNING',
  appId: '/my-app',
  host: 'host-7.example',
  ports: [31_333],
  version: '2021-05-03T00:00:00.000Z',
};

let listener: CallbackListener;
let notices: MarathonNotice[];
let reports: EventReport[];
let abort: AbortController;
let running: Promise<void>;

async function listen(options: Partial<CallbackListenerOptions> = {}): Promise<void> {
  listener = await CallbackListener.listen({
    bind: { host: '127.0.0.1', port: 0 },
    registrationId: 'consular',
    clock: systemClock,
    onReport: (report) => reports.push(report),
    ...options,
  });
  running = listener.run(abort.signal, (notice) => notices.push(notice));
}

beforeEach(async () => {
  notices = [];
  reports = [];
  abort = new AbortController();
});

afterEach(async () => {
  abort.abort();
  await running;
  await listener.close();
});

interface Said {
  readonly status: number;
  readonly json: unknown;
}

async function ask(path: string, init: RequestInit = {}): Promise<Said> {
  const answer = await fetch(`http://127.0.0.1:${listener.port}${path}`, init);
  return { status: answer.status, json: await answer.json() };
}

function post(body: unknown, path = '/events?registration=consular', init: RequestInit = {}): Promise<Said> {
  return ask(path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), ...init });
}

const OK = { status: 200, json: { status: 'ok' } };

describe("Consular's HTTP", () => {
  beforeEach(() => listen());

  it('answers GET / with an empty list', async () => {
    expect(await ask('/')).toEqual({ status: 200, json: [] });
  });

  it('takes a status update, answers ok and hands it on', async () => {
    expect(await post(RUNNING)).toEqual(OK);
    expect(notices).toMatchObject([
      { kind: 'event', way: 'callback', event: { kind: 'task-status', taskId: RUNNING.taskId, phase: 'running' } },
    ]);
    expect(reports).toEqual([]);
  });

  it('takes one that names no registration, as Marathon does whose endpoints were given to it at its start', async () => {
    expect(await post(RUNNING, '/events')).toEqual(OK);
  });

  it('takes every state, also one it does not know', async () => {
    const states = ['STAGING', 'STARTING', 'FINISHED', 'FAILED', 'KILLED', 'LOST', 'UNREACHABLE', 'GONE', 'DROPPED'];
    for (const state of [...states, 'ERROR', 'KILLING', 'GONE_BY_OPERATOR', 'UNKNOWN', 'NEVER_SEEN']) {
      expect(await post({ ...RUNNING, taskStatus: `TASK_${state}` })).toEqual(OK);
    }
    expect(notices).toHaveLength(14);
  });

  it('takes the other events that the bridge acts on', async () => {
    expect(await post({ eventType: 'app_terminated_event', appId: '/my-app' })).toEqual(OK);
    expect(await post({ eventType: 'api_post_event', appDefinition: { id: '/my-app' } })).toEqual(OK);
  });

  it.each(['subscribe_event', 'framework_message_event', 'Foo', 'a "b" \\ ü'])(
    'refuses an event of type %s by its name',
    async (eventType) => {
      expect(await post({ eventType })).toEqual({
        status: 400,
        json: { error: `Event type ${eventType} not supported.` },
      });
      expect(notices).toEqual([]);
      expect(reports).toMatchObject([{ kind: 'event_refused', way: 'callback' }]);
    },
  );

  it.each([
    ['no JSON', '{oops', /^no JSON: /],
    ['nothing', '', /^no JSON: /],
    ['a list', '[]', /^expected an object, got a list$/],
    ['without a type', '{}', /^eventType: expected an id, got nothing$/],
    ['without a task', { ...RUNNING, taskId: undefined }, /^taskId: expected a string, got nothing$/],
    ['with a port that is none', { ...RUNNING, ports: [70_000] }, /^ports\[0\]: expected a port, got 70000$/],
  ])('refuses a body that is %s, and says why', async (_, body, words) => {
    const { status, json } = await post(body);
    expect(status).toBe(400);
    expect(json).toEqual({ error: expect.stringMatching(words) });
    expect(notices).toEqual([]);
  });

  it('loses nothing for a refusal: a comparison precedes the next event, which Marathon may have held others back for', async () => {
    await post('{oops');
    await post({ eventType: 'subscribe_event' });
    await post(RUNNING);
    await post(RUNNING);
    expect(notices.map(({ kind }) => kind)).toEqual(['resync', 'event', 'event']);
  });

  it('refuses an event for another registration', async () => {
    expect(await post(RUNNING, '/events?registration=other')).toEqual({
      status: 403,
      json: { error: 'Registration other is not ours, which is consular.' },
    });
    expect(notices).toEqual([]);
  });

  it('refuses a web page', async () => {
    const headers = { origin: 'http://evil.example' };
    expect((await post(RUNNING, '/events', { headers })).status).toBe(403);
    expect(notices).toEqual([]);
  });

  it('knows no other way and no other place', async () => {
    expect(await ask('/events')).toEqual({
      status: 405,
      json: { error: 'GET is not allowed here: POST an event' },
    });
    expect((await ask('/v2/apps')).status).toBe(404);
  });

  it('tells Marathon to come again once it takes no more', async () => {
    abort.abort();
    await running;
    expect(await post(RUNNING)).toEqual({ status: 503, json: { error: 'not ready for events' } });
  });
});

describe('a limit on events', () => {
  it('refuses a longer one by its length, before it comes', async () => {
    await listen({ maxBodyBytes: 1_000 });
    expect(await post({ ...RUNNING, message: 'x'.repeat(1_000) })).toEqual({
      status: 413,
      json: { error: 'an event of over 1000 bytes' },
    });
    expect(await post(RUNNING)).toEqual(OK);
    expect(notices.map(({ kind }) => kind)).toEqual(['resync', 'event']);
  });

  it('refuses one without a length as soon as it is too long, and does not read on', async () => {
    await listen({ maxBodyBytes: 100_000 });
    const answer = await new Promise<string>((resolve, reject) => {
      let text = '';
      const socket = connect(listener.port, '127.0.0.1');
      socket.setEncoding('utf8');
      socket.on('data', (chunk: string) => {
        text += chunk;
      });
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
      socket.write('POST /events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
      for (let count = 0; count < 20; count++) socket.write(`2710\r\n${'x'.repeat(10_000)}\r\n`);
    });
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(notices).toEqual([]);
  });

  it('lets labels of 600 KB through', async () => {
    await listen();
    const labels = { a: 'ä'.repeat(300_000), b: '"\\'.repeat(300_000) };
    expect(await post({ eventType: 'api_post_event', appDefinition: { id: '/a', labels } })).toEqual(OK);
  });
});

describe('whatever is posted', () => {
  it('is answered in JSON as taken or refused, and the listener goes on', { timeout: 60_000 }, async () => {
    await listen();
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json(),
      fc
        .record({ eventType: fc.constantFrom(...EVENT_TYPES), appId: fc.jsonValue() })
        .map((each) => JSON.stringify(each)),
    );
    await fc.assert(
      fc.asyncProperty(anything, fc.string({ maxLength: 20 }), async (body, registration) => {
        const sent = typeof body === 'string' ? body : Buffer.from(body);
        const path = `/events?registration=${encodeURIComponent(registration)}`;
        const { status, json } = await ask(path, { method: 'POST', body: sent });
        expect(status).toBe(403);
        expect(json).toMatchObject({ error: expect.any(String) });
        const taken = await ask('/events', { method: 'POST', body: sent });
        expect([200, 400]).toContain(taken.status);
        expect(taken.json).toMatchObject(taken.status === 200 ? { status: 'ok' } : { error: expect.any(String) });
      }),
      { numRuns: 150 },
    );
    expect(await post(RUNNING)).toEqual(OK);
  });
});

describe('an address that cannot be listened on', () => {
  it('is an error that names it and what to set', async () => {
    await listen();
    const bind = { host: '127.0.0.1', port: listener.port };
    await expect(
      CallbackListener.listen({ bind, registrationId: 'x', clock: systemClock, onReport: () => {} }),
    ).rejects.toMatchObject({
      code: 'callback_listen_failed',
      message: expect.stringMatching(/^cannot listen on 127.0.0.1:\d+: .*EADDRINUSE.*--host and --port$/),
    });
  });
});
