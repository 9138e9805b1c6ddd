import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventReport } from '../../../src/marathon/event-report.ts';
import type { MarathonNotice } from '../../../src/marathon/event-source.ts';
import { EventStream } from '../../../src/marathon/event-stream.ts';
import { MarathonClient } from '../../../src/marathon/marathon-client.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { Tasks } from '../../../src/runtime/task.ts';
import { FakeMarathon, type FakeMarathonOptions } from '../../fakes/marathon/fake-marathon.ts';
import { type FakeVersion, VERSIONS } from '../../fakes/marathon/marathon-version.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { until } from '../../support/until.ts';

const pem = (name: string) => readFileSync(new URL(`../../support/consul-tls/${name}.pem`, import.meta.url), 'utf8');

let owned: AsyncDisposableStack;
let notices: MarathonNotice[];
let reports: EventReport[];

beforeEach(() => {
  owned = new AsyncDisposableStack();
  notices = [];
  reports = [];
});

afterEach(() => owned.disposeAsync());

async function follow(options: FakeMarathonOptions = {}, addresses?: readonly string[]): Promise<FakeMarathon> {
  const marathon = owned.use(await FakeMarathon.start(options));
  const { auth, token } = options;
  const client = owned.use(new MarathonClient({ addresses: addresses ?? marathon.addresses, auth, token }));
  const tasks = owned.use(
    new Tasks((name, error) => {
      throw new Error(name, { cause: error });
    }),
  );
  const onReport = (report: EventReport) => void reports.push(report);
  const stream = new EventStream({ client, clock: systemClock, random: () => 0.9, onReport });
  tasks.start('events', (signal) => stream.run(signal, (notice) => notices.push(notice)));
  return marathon;
}

const resyncs = () => notices.filter(({ kind }) => kind === 'resync').length;

async function resynced(times: number): Promise<void> {
  await until(`resync ${times}`, async () => resyncs() >= times);
}

/** The states that a task was told to have, in order. */
function statesOf(taskId: string): string[] {
  return notices.flatMap((notice) => {
    if (notice.kind !== 'event' || notice.event.kind !== 'task-status') return [];
    return notice.event.taskId === taskId ? [notice.event.state] : [];
  });
}

describe('the event stream of a Marathon', () => {
  it.each<FakeVersion>(['0.15', '1.1', '1.4', '1.5', '1.8', '1.11'])(
    'of version %s tells what becomes of tasks and apps',
    async (version) => {
      const marathon = await follow({ version });
      await resynced(1);
      const [task] = marathon.deploy({ id: '/web', healthChecks: [{ protocol: 'HTTP' }] });
      marathon.heal(task?.id ?? '', false);
      marathon.destroy('/web');
      await until('killed', async () => statesOf(task?.id ?? '').includes('TASK_KILLED'));
      await until('the app', async () => {
        return notices.some((notice) => notice.kind === 'event' && notice.event.kind === 'app');
      });
      const kinds = new Set(notices.map((notice) => (notice.kind === 'event' ? notice.event.kind : notice.kind)));
      const { instances } = VERSIONS[version];
      const all = ['app', 'deployment', 'health', ...(instances ? ['instance'] : []), 'other', 'resync', 'task-status'];
      expect([...kinds].sort()).toEqual(all);
      expect(reports).toMatchObject([{ kind: 'stream_opened' }]);
      expect(resyncs()).toBe(1);
    },
  );

  it('carries credentials', async () => {
    await follow({ token: 'eyJ' });
    await resynced(1);
  });

  it('goes on at another address when the leader goes down', async () => {
    const marathon = await follow({ addresses: 2 });
    await resynced(1);
    await marathon.stop(0);
    marathon.elect(1);
    await resynced(2);
    const [task] = marathon.deploy({ id: '/web' });
    await until('running', async () => statesOf(task?.id ?? '').includes('TASK_RUNNING'));
    expect(reports.at(-1)).toEqual({ kind: 'stream_opened', origin: marathon.addresses[1] });
  });

  it.each<FakeVersion>(['1.5', '1.8'])('of a standby of version %s is that of the leader', async (version) => {
    const marathon = await follow({ version, addresses: 2 });
    await resynced(1);
    marathon.elect(1);
    await resynced(2);
    marathon.elect(0);
    await resynced(3);
    const [task] = marathon.deploy({ id: '/web' });
    await until('running', async () => statesOf(task?.id ?? '').includes('TASK_RUNNING'));
    expect(marathon.streams).toBe(1);
  });

  it('waits while nobody leads, and asks for a comparison when somebody does', async () => {
    const marathon = await follow();
    await resynced(1);
    marathon.elect(undefined);
    await until('a failure', async () =>
      reports.some((report) => report.kind === 'stream_lost' && report.error?.code === 'marathon_no_leader'),
    );
    marathon.elect(0);
    await resynced(2);
  });

  it('is opened again after Marathon was down', async () => {
    const marathon = await follow();
    await resynced(1);
    await marathon.stop();
    await until('a failure', async () =>
      reports.some((report) => report.kind === 'stream_lost' && report.error?.code === 'marathon_unreachable'),
    );
    await marathon.resume();
    await resynced(2);
  });

  it('survives bytes that are no events, and whatever Marathon may drop', async () => {
    const marathon = await follow();
    await resynced(1);
    marathon.sendBytes(Buffer.from([0xff, 0xfe, 0x0d, 0x0a]));
    marathon.sendBytes('data: not JSON\n\n');
    await resynced(2);
    marathon.muted = true;
    marathon.deploy({ id: '/unheard' });
    marathon.muted = false;
    marathon.dropStreams();
    await resynced(3);
    const [task] = marathon.deploy({ id: '/web' });
    await until('running', async () => statesOf(task?.id ?? '').includes('TASK_RUNNING'));
    expect(reports.filter(({ kind }) => kind === 'event_refused')).toHaveLength(1);
  });

  it('outlives the time that a call may take', async () => {
    const marathon = owned.use(await FakeMarathon.start());
    const clock = new FakeClock();
    const client = owned.use(new MarathonClient({ addresses: marathon.addresses, clock, timeoutMs: 1_000 }));
    const { body } = await client.openEvents(new AbortController().signal);
    await clock.advance(10_000);
    marathon.sendBytes('data: later\n\n');
    let text = '';
    for await (const bytes of body) {
      text += Buffer.from(bytes).toString();
      if (text.includes('later')) break;
    }
    expect(text).toContain('event_stream_attached');
    await until('the stream is closed', async () => marathon.streams === 0);
  });

  it('that breaks says that it broke, once', async () => {
    const marathon = await follow();
    await resynced(1);
    await marathon.stop();
    const lost = await until('a failure', async () => reports.find(({ kind }) => kind === 'stream_lost'));
    expect(lost).toMatchObject({ error: { code: 'marathon_unreachable' } });
    const words = lost.kind === 'stream_lost' ? (lost.error?.message ?? '') : '';
    expect(words.match(/GET /g)).toHaveLength(1);
  });

  it('that is refused says what to set', async () => {
    const marathon = owned.use(await FakeMarathon.start({ auth: 'a:b' }));
    await follow({}, marathon.addresses);
    const lost = await until('a failure', async () => reports.find(({ kind }) => kind === 'stream_lost'));
    const message = `GET ${marathon.address}/v2/events?…: 401 401 Unauthorized: set --marathon-auth or --marathon-token`;
    expect(lost).toMatchObject({ error: { code: 'marathon_permission_denied', message } });
  });
});

describe('a redirect of the event stream', () => {
  it('to a leader that was not named is followed without our credentials', async () => {
    const marathon = owned.use(await FakeMarathon.start());
    const stranger = owned.use(await FakeMarathon.start());
    const client = owned.use(new MarathonClient({ addresses: marathon.addresses, token: 'secret' }));
    const location = `${stranger.address}/v2/events`;
    marathon.faults.plan(/events/, { kind: 'status', status: 302, location }, 1);
    const abort = new AbortController();
    const stream = await client.openEvents(abort.signal);
    expect(stream.address.origin).toBe(stranger.address);
    expect(marathon.authorizations).toEqual(['token=secret']);
    expect(stranger.authorizations).toEqual([undefined]);
    abort.abort();
  });

  it('away from TLS is not followed', async () => {
    const tls = { cert: pem('server'), key: pem('server-key') };
    const marathon = owned.use(await FakeMarathon.start({ tls }));
    const client = owned.use(new MarathonClient({ addresses: marathon.addresses, tls: { ca: pem('ca') } }));
    marathon.faults.plan(/events/, { kind: 'status', status: 302, location: 'http://127.0.0.1:1/v2/events' });
    await expect(client.openEvents(new AbortController().signal)).rejects.toMatchObject({
      code: 'marathon_bad_answer',
      message: expect.stringContaining('302 to http://127.0.0.1:1, which is not TLS, which is not followed'),
    });
  });

  it('to anything but an event stream is not followed', async () => {
    const marathon = owned.use(await FakeMarathon.start());
    const client = owned.use(new MarathonClient({ addresses: marathon.addresses }));
    marathon.faults.plan(/events/, { kind: 'status', status: 302, location: 'http://127.0.0.1:1/login?to=/v2/events' });
    await expect(client.openEvents(new AbortController().signal)).rejects.toMatchObject({
      code: 'marathon_bad_answer',
      message: expect.stringContaining('302 to http://127.0.0.1:1, which is not followed'),
    });
  });
});
