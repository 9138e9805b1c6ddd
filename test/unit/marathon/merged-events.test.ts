import { expect, it } from 'vitest';
import type { MarathonEventSource, MarathonNotice, OnNotice } from '../../../src/marathon/event-source.ts';
import type { MarathonEvent } from '../../../src/marathon/marathon-event.ts';
import { MergedEvents } from '../../../src/marathon/merged-events.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** A source that a test speaks for. */
class Spoken implements MarathonEventSource {
  say: OnNotice = () => {};

  run(signal: AbortSignal, onNotice: OnNotice): Promise<void> {
    this.say = onNotice;
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }
}

function event(appId: string, timestamp: string | undefined): MarathonEvent {
  return { kind: 'app', eventType: 'app_terminated_event', appId, timestamp };
}

it('what comes both ways is handed on once, and every resync is', async () => {
  const clock = new FakeClock();
  const [stream, callbacks] = [new Spoken(), new Spoken()];
  const abort = new AbortController();
  const notices: MarathonNotice[] = [];
  const running = new MergedEvents([stream, callbacks], clock).run(abort.signal, (notice) => notices.push(notice));

  stream.say({ kind: 'event', way: 'sse', event: event('/a', 't1') });
  callbacks.say({ kind: 'event', way: 'callback', event: event('/a', 't1') });
  expect(notices).toEqual([{ kind: 'event', way: 'sse', event: event('/a', 't1') }]);

  callbacks.say({ kind: 'event', way: 'callback', event: event('/a', 't2') });
  stream.say({ kind: 'event', way: 'sse', event: event('/b', 't2') });
  expect(notices).toHaveLength(3);

  stream.say({ kind: 'resync', way: 'sse', why: 'opened' });
  stream.say({ kind: 'resync', way: 'sse', why: 'opened' });
  expect(notices).toHaveLength(5);

  for (let count = 0; count < 2; count++) stream.say({ kind: 'event', way: 'sse', event: event('/c', undefined) });
  expect(notices).toHaveLength(7);

  await clock.advance(60_001);
  stream.say({ kind: 'event', way: 'sse', event: event('/a', 't1') });
  expect(notices).toHaveLength(8);

  abort.abort();
  await running;
});

it('what was handed on is remembered within bounds', async () => {
  const stream = new Spoken();
  const abort = new AbortController();
  let count = 0;
  const running = new MergedEvents([stream], new FakeClock()).run(abort.signal, () => (count += 1));
  for (let tick = 0; tick < 6_000; tick++) stream.say({ kind: 'event', way: 'sse', event: event('/a', `t${tick}`) });
  expect(count).toBe(6_000);
  stream.say({ kind: 'event', way: 'sse', event: event('/a', 't5999') });
  expect(count).toBe(6_000);
  stream.say({ kind: 'event', way: 'sse', event: event('/a', 't0') });
  expect(count).toBe(6_001);
  abort.abort();
  await running;
});
