import { describe, expect, test } from 'vitest';
import type { ClientConnection } from '../../../src/http1/client-connection.ts';
import { Deadlines } from '../../../src/http1/deadlines.ts';
import { ExchangeTimes } from '../../../src/proxy/exchange-times.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** A caller that has ended its side, and what it is sent. */
function halfClosed(minorVersion: number) {
  const clock = new FakeClock();
  const sent: string[] = [];
  const wire = { bytesWritten: 0, unsentBytes: 0, text: (text: string) => sent.push(text), flush: () => undefined };
  const client = { wire, request: { framing: 'none', minorVersion }, deadlineMs: 0 };
  const times = new ExchangeTimes(new Deadlines(clock), client as unknown as ClientConnection);
  times.start(undefined, 0);
  const startMs = client.deadlineMs;
  times.probe();
  /** Lets time go from one deadline to the next until `untilMs`; returns why it ended, if it did. */
  const live = (untilMs: number, isAnswering: boolean): string | undefined => {
    for (let steps = 0; client.deadlineMs <= untilMs && steps < 1000; steps++) {
      const due = times.due(client.deadlineMs, isAnswering, false);
      if (due !== undefined) return due;
    }
    return undefined;
  };
  return { sent, live, startMs, clock };
}

describe('a caller that has ended its side while it waits', () => {
  test('is probed three times within its first second, then once a second', () => {
    const { sent, live, clock } = halfClosed(1);
    expect(live(clock.nowMs() + 999, false)).toBeUndefined();
    expect(sent).toHaveLength(3);
    live(clock.nowMs() + 60_000, false);
    expect(sent.length).toBeLessThanOrEqual(3 + 60);
    expect(new Set(sent)).toEqual(new Set(['HTTP/1.1 102 Processing\r\n\r\n']));
  });

  test('is sent nothing if it speaks HTTP/1.0, which has no interim answers', () => {
    const { sent, live, clock } = halfClosed(0);
    live(clock.nowMs() + 60_000, false);
    expect(sent).toEqual([]);
  });

  test('is sent nothing once its answer has begun, and counts as gone when nothing moves', () => {
    const { sent, live, clock } = halfClosed(1);
    expect(live(clock.nowMs() + 2000, true)).toBe('gone');
    expect(sent).toEqual([]);
  });
});
