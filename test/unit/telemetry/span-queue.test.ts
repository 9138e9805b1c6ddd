import { describe, expect, test } from 'vitest';
import { SpanQueue } from '../../../src/telemetry/span-queue.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { clientSpan } from '../../support/spans.ts';

const span = clientSpan(1);

function queueing(): {
  queue: SpanQueue;
  clock: FakeClock;
  sent: { size: number; finish(error?: Error): void }[];
  outcomes: Record<string, number>;
} {
  const clock = new FakeClock();
  const sent: { size: number; finish(error?: Error): void }[] = [];
  const outcomes: Record<string, number> = { exported: 0, failed: 0, dropped: 0 };
  const queue = new SpanQueue({
    settings: { maxQueued: 6, maxBatch: 3, delayMs: 100, exportTimeoutMs: 1000 },
    clock,
    send: (batch) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      sent.push({ size: batch.length, finish: (error) => (error === undefined ? resolve() : reject(error)) });
      return promise;
    },
    onOutcome: (outcome, count) => {
      outcomes[outcome] = (outcomes[outcome] ?? 0) + count;
    },
  });
  return { queue, clock, sent, outcomes };
}

describe('the span queue', () => {
  test('sends a lone span after the delay', async () => {
    const { queue, clock, sent } = queueing();
    queue.push(span);
    await clock.advance(99);
    expect(sent).toHaveLength(0);
    await clock.advance(1);
    expect(sent.map(({ size }) => size)).toEqual([1]);
  });

  test('sends a full batch at once, and one batch at a time', async () => {
    const { queue, clock, sent, outcomes } = queueing();
    for (let index = 0; index < 7; index++) queue.push(span);
    expect(sent.map(({ size }) => size)).toEqual([3]);
    await clock.advance(1000);
    expect(sent).toHaveLength(1);
    sent[0]?.finish();
    await settle();
    expect(sent.map(({ size }) => size)).toEqual([3, 3]);
    sent[1]?.finish();
    await clock.advance(100);
    expect(sent.map(({ size }) => size)).toEqual([3, 3, 1]);
    sent[2]?.finish();
    await settle();
    expect(outcomes).toEqual({ exported: 7, failed: 0, dropped: 0 });
    expect(clock.pending).toBe(0);
  });

  test('drops and counts what does not fit, and goes on after a failure', async () => {
    const { queue, sent, outcomes } = queueing();
    for (let index = 0; index < 20; index++) queue.push(span);
    expect(outcomes.dropped).toBe(11);
    sent[0]?.finish(new Error('no collector'));
    await settle();
    sent[1]?.finish();
    await settle();
    sent[2]?.finish();
    await settle();
    expect(outcomes).toEqual({ exported: 6, failed: 3, dropped: 11 });
  });

  test('closing sends what waits; later spans are dropped', async () => {
    const { queue, sent, outcomes, clock } = queueing();
    queue.push(span);
    const closing = queue.close(1000);
    queue.push(span);
    sent[0]?.finish();
    await closing;
    expect(outcomes).toEqual({ exported: 1, failed: 0, dropped: 1 });
    expect(clock.pending).toBe(0);
  });

  test('closing gives up on a collector that does not answer', async () => {
    const { queue, clock, outcomes } = queueing();
    for (let index = 0; index < 5; index++) queue.push(span);
    const closing = queue.close(1000);
    await clock.advance(1000);
    await closing;
    expect(outcomes).toEqual({ exported: 0, failed: 0, dropped: 2 });
  });
});
