import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventReport } from '../../../src/marathon/event-report.ts';
import type { MarathonNotice } from '../../../src/marathon/event-source.ts';
import { EventStream } from '../../../src/marathon/event-stream.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { ScriptedEvents, unreachable } from '../../support/marathon-scripted-stream.ts';

const ATTACHED = 'event: event_stream_attached\r\ndata: {"remoteAddress":"::1"}\r\n\r\n';

function status(taskId: string): string {
  const event = { eventType: 'status_update_event', taskId, appId: '/a', taskStatus: 'TASK_RUNNING' };
  return `event: status_update_event\r\ndata: ${JSON.stringify(event)}\r\n\r\n`;
}

let clock: FakeClock;
let marathon: ScriptedEvents;
let abort: AbortController;
let running: Promise<void>;
let notices: MarathonNotice[];
let reports: EventReport[];

/** What was handed on, shortly: `resync`, or an event's task or type. */
function heard(): string[] {
  return notices.map((notice) => {
    if (notice.kind === 'resync') return 'resync';
    return notice.event.kind === 'task-status' ? notice.event.taskId : notice.event.eventType;
  });
}

beforeEach(async () => {
  clock = new FakeClock();
  marathon = new ScriptedEvents();
  abort = new AbortController();
  notices = [];
  reports = [];
  const stream = new EventStream({
    client: marathon,
    clock,
    random: () => 0,
    onReport: (report) => reports.push(report),
    maxEventChars: 1_000,
  });
  running = stream.run(abort.signal, (notice) => notices.push(notice));
  await settle();
});

afterEach(async () => {
  abort.abort();
  await running;
  expect(clock.pending).toBe(0);
});

describe("Marathon's event stream", () => {
  it('asks for a comparison of everything once Marathon listens to its own events, before the first of them', async () => {
    expect(heard()).toEqual([]);
    marathon.last.send(ATTACHED + status('a.1'));
    await settle();
    expect(heard()).toEqual(['resync', 'event_stream_attached', 'a.1']);
    expect(reports).toEqual([{ kind: 'stream_opened', origin: 'http://m0' }]);
  });

  it('asks for it after 2 s when Marathon says nothing, and then no more', async () => {
    await clock.advance(1_999);
    expect(heard()).toEqual([]);
    await clock.advance(1);
    expect(heard()).toEqual(['resync']);
    marathon.last.send(status('a.1'));
    await settle();
    expect(heard()).toEqual(['resync', 'a.1']);
  });

  it('is opened again when it ends, and asks for a comparison again', async () => {
    marathon.last.send(ATTACHED);
    await settle();
    marathon.last.end();
    await settle();
    expect(reports.at(-1)).toEqual({ kind: 'stream_lost', error: undefined, retryInMs: 250 });
    expect(marathon.left).toBe(1);
    await clock.advance(250);
    expect(marathon.opened).toHaveLength(2);
    marathon.last.send(ATTACHED + status('a.2'));
    await settle();
    expect(heard().slice(2)).toEqual(['resync', 'event_stream_attached', 'a.2']);
  });

  it('is opened again when it breaks, with what is broken reported', async () => {
    const error = unreachable();
    marathon.last.end(error);
    await settle();
    expect(reports.at(-1)).toEqual({ kind: 'stream_lost', error, retryInMs: 250 });
    expect(heard()).toEqual([]);
  });

  it('is tried again with doubling pauses of at most 10 s, and soon again after a good one', async () => {
    marathon.down = unreachable();
    marathon.last.end();
    await clock.advance(60_000);
    const pauses = reports.filter(({ kind }) => kind === 'stream_lost');
    expect(pauses.slice(0, 8).map((report) => (report.kind === 'stream_lost' ? report.retryInMs : 0))).toEqual([
      250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000,
    ]);
    marathon.down = undefined;
    await clock.advance(10_000);
    await clock.advance(10_000);
    marathon.last.end();
    await settle();
    expect(reports.at(-1)).toMatchObject({ kind: 'stream_lost', retryInMs: 250 });
  });

  it('that is silent for 60 s is dead, but an empty line keeps it alive', async () => {
    for (let count = 0; count < 12; count++) {
      marathon.last.send('\r\n');
      await clock.advance(59_000);
    }
    expect(marathon.opened).toHaveLength(1);
    await clock.advance(1_000);
    expect(reports.at(-1)).toMatchObject({ kind: 'stream_lost', error: { code: 'marathon_timed_out' } });
    expect(reports.at(-1)).toMatchObject({
      error: { message: 'GET http://m0/v2/events: no byte within 60000 ms, not even an empty line' },
    });
    await clock.advance(250);
    expect(marathon.opened).toHaveLength(2);
  });

  it.each([
    ['is no JSON', 'event: x\ndata: {oops\n\n', /^x: no JSON: /],
    [
      'lacks what it must have',
      'event: status_update_event\ndata: {"appId":"/a"}\n\n',
      /taskStatus: expected a string/,
    ],
    ['is too large', `event: x\ndata: ${'x'.repeat(2_000)}\n\n`, /^x: over 1000 characters$/],
  ])('reports an event that %s, asks for a comparison for it, and goes on', async (_, text, problem) => {
    marathon.last.send(ATTACHED + text + status('a.1'));
    await settle();
    expect(heard()).toEqual(['resync', 'event_stream_attached', 'resync', 'a.1']);
    const refused = reports.find((report) => report.kind === 'event_refused');
    expect(refused).toMatchObject({ way: 'sse', problem: expect.stringMatching(problem) });
  });

  it('ends when it is told to, at any moment', async () => {
    marathon.last.send(ATTACHED);
    await settle();
    abort.abort();
    await running;
    expect(marathon.opened).toHaveLength(1);
    expect(reports).toHaveLength(1);
  });
});
