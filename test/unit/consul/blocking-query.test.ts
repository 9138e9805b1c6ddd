import { describe, expect, it } from 'vitest';
import type { Answer, AnswerMeta } from '../../../src/consul/answer.ts';
import { type BlockingQuery, blockingQuery } from '../../../src/consul/blocking-query.ts';
import { ConsulError, type ConsulErrorKind } from '../../../src/consul/consul-error.ts';
import type { PollCursor } from '../../../src/consul/poll-cursor.ts';
import { QueryBudget } from '../../../src/consul/query-budget.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';

const NO_META: AnswerMeta = {
  index: undefined,
  contentHash: undefined,
  knownLeader: true,
  lastContactMs: 0,
  cache: undefined,
  ageMs: undefined,
  effectiveConsistency: undefined,
};

type Step = Answer<string> | Error | 'hang';

function answer(value: string, meta: Partial<AnswerMeta>): Answer<string> {
  return { value, meta: { ...NO_META, ...meta } };
}

function failure(kind: ConsulErrorKind, retryAfterMs?: number): ConsulError {
  return new ConsulError({ kind, method: 'GET', path: '/v1/x', problem: 'scripted', retryAfterMs });
}

/** A watch on scripted reads; after the script every read hangs. */
class Stage {
  readonly clock = new FakeClock();
  readonly cursors: PollCursor[] = [];
  readonly told: string[] = [];
  readonly yielded: string[] = [];
  readonly abort = new AbortController();
  aborted = 0;
  readonly #steps: Step[];
  readonly iterator: AsyncGenerator<Answer<string>>;

  constructor(steps: readonly Step[], options: Partial<BlockingQuery<string>> = {}) {
    this.#steps = [...steps];
    this.iterator = blockingQuery(
      {
        read: (cursor, signal) => this.#read(cursor, signal),
        same: (a, b) => a === b,
        observer: {
          confirmed: () => this.told.push('confirmed'),
          stale: () => this.told.push('stale'),
          failed: (error, retryInMs) => this.told.push(`${error.kind} ${retryInMs}`),
        },
        clock: this.clock,
        random: () => 0,
        budget: undefined,
        pollEveryMs: 1_000,
        ...options,
      },
      this.abort.signal,
    );
  }

  /** Consumes everything, in the background. */
  async consume(): Promise<void> {
    for await (const { value } of this.iterator) this.yielded.push(value);
  }

  get indexes(): (number | undefined)[] {
    return this.cursors.map((cursor) => cursor.index);
  }

  #read(cursor: PollCursor, signal: AbortSignal): Promise<Answer<string>> {
    this.cursors.push(cursor);
    const step = this.#steps.shift() ?? 'hang';
    if (step instanceof Error) return Promise.reject(step);
    if (step !== 'hang') return Promise.resolve(step);
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        this.aborted += 1;
        reject(signal.reason);
      });
    });
  }
}

async function play(
  steps: readonly Step[],
  forMs = 60_000,
  options: Partial<BlockingQuery<string>> = {},
): Promise<Stage> {
  const stage = new Stage(steps, options);
  const consumed = stage.consume();
  await stage.clock.advance(forMs);
  stage.abort.abort();
  await consumed;
  return stage;
}

describe('a blocking query', () => {
  it('asks without an index at first, then blocks on the index of the last answer', async () => {
    const stage = await play([answer('a', { index: 5 }), answer('b', { index: 7 })]);
    expect(stage.indexes).toEqual([undefined, 5, 7]);
    expect(stage.yielded).toEqual(['a', 'b']);
  });

  it('starts over when the index goes down', async () => {
    const stage = await play([answer('a', { index: 50 }), answer('b', { index: 3 }), answer('c', { index: 4 })]);
    expect(stage.indexes).toEqual([undefined, 50, undefined, 4]);
    expect(stage.yielded).toEqual(['a', 'b', 'c']);
  });

  it('keeps blocking on an index that stays the same', async () => {
    const stage = await play([answer('a', { index: 5 }), answer('a', { index: 5 })]);
    expect(stage.indexes).toEqual([undefined, 5, 5]);
  });

  it.each([
    'Unreachable',
    'TimedOut',
    'NoLeader',
    'ServerError',
    'BadAnswer',
    'PermissionDenied',
    'BadRequest',
  ] as const)('forgets the index after %s, keeps what it yielded, and goes on', async (kind) => {
    const stage = await play([answer('a', { index: 9 }), failure(kind), answer('a', { index: 9 })]);
    expect(stage.indexes).toEqual([undefined, 9, undefined, 9]);
    expect(stage.yielded).toEqual(['a']);
    expect(stage.told).toEqual(['confirmed', `${kind} 250`, 'confirmed']);
  });

  it('yields nothing for an answer that means the same', async () => {
    const stage = await play([answer('a', { index: 1 }), answer('a', { index: 2 }), answer('b', { index: 3 })]);
    expect(stage.yielded).toEqual(['a', 'b']);
    expect(stage.told).toEqual(['confirmed', 'confirmed', 'confirmed']);
  });

  it('lets two reads follow at once, then one every 50 ms, however often it is woken', async () => {
    const stage = new Stage(Array.from({ length: 400 }, (_, n) => answer(String(n), { index: n + 1 })));
    const consumed = stage.consume();
    await stage.clock.advance(1);
    expect(stage.cursors).toHaveLength(2);
    await stage.clock.advance(75);
    expect(stage.cursors).toHaveLength(3);
    await stage.clock.advance(1_000);
    expect(stage.cursors).toHaveLength(23);
    stage.abort.abort();
    await consumed;
  });

  it('gets its burst back after a quiet time', async () => {
    const stage = await play([answer('a', { index: 1 }), answer('b', { index: 2 }), answer('c', { index: 3 })], 49);
    expect(stage.cursors).toHaveLength(2);
  });

  it('waits after failures: 250 ms doubled up to 10 s, and anew after a success', async () => {
    const failures = Array.from({ length: 8 }, () => failure('Unreachable'));
    const stage = await play([...failures, answer('a', { index: 1 }), failure('Unreachable')], 60_000);
    const waits = stage.told.filter((line) => line.startsWith('Unreachable')).map((line) => Number(line.split(' ')[1]));
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 250]);
  });

  it('spreads the waits over the whole range by chance', async () => {
    const stage = await play([failure('Unreachable')], 60_000, { random: () => 0.6 });
    expect(stage.told[0]).toBe('Unreachable 100');
  });

  it('waits as long as a rate-limit answer asks for', async () => {
    const stage = await play([failure('RateLimited', 30_000)], 29_999);
    expect(stage.told).toEqual(['RateLimited 30000']);
    expect(stage.cursors).toHaveLength(1);
  });

  it('pauses between reads that give no index to wait for', async () => {
    const stage = await play([answer('a', {}), answer('b', {}), answer('c', {})], 2_500);
    expect(stage.cursors).toHaveLength(3);
    expect(stage.yielded).toEqual(['a', 'b', 'c']);
  });

  it('blocks on a content hash where there is one', async () => {
    const stage = await play([answer('a', { contentHash: 'abc' }), answer('b', { contentHash: 'def' })]);
    expect(stage.cursors.map((cursor) => cursor.hash)).toEqual([undefined, 'abc', 'def']);
    expect(stage.indexes).toEqual([undefined, undefined, undefined]);
  });

  it('tells an answer with an age, or from a server long without its leader, as stale', async () => {
    const stage = await play([
      answer('a', { index: 1, ageMs: 0, lastContactMs: 100 }),
      answer('a', { index: 2, ageMs: 3_000 }),
      answer('a', { index: 3, lastContactMs: 20_000 }),
    ]);
    expect(stage.told).toEqual(['confirmed', 'stale', 'stale']);
  });

  it('takes an answer without a known leader for good', async () => {
    const stage = await play([answer('a', { index: 1, knownLeader: false })]);
    expect(stage.told).toEqual(['confirmed']);
    expect(stage.yielded).toEqual(['a']);
  });

  it('gives a slow consumer the newest value only', async () => {
    const stage = new Stage([1, 2, 3, 4].map((n) => answer(String(n), { index: n })));
    expect((await stage.iterator.next()).value.value).toBe('1');
    await stage.clock.advance(1_000);
    expect((await stage.iterator.next()).value.value).toBe('4');
    await stage.iterator.return(undefined);
  });

  it('gives a slow consumer nothing when the value went and came back', async () => {
    const stage = new Stage(['a', 'b', 'a'].map((value, n) => answer(value, { index: n + 1 })));
    expect((await stage.iterator.next()).value.value).toBe('a');
    await stage.clock.advance(1_000);
    const next = stage.iterator.next();
    stage.abort.abort();
    expect((await next).done).toBe(true);
  });

  it('asks nothing before its first value is asked for', async () => {
    const stage = new Stage([]);
    await settle();
    expect(stage.cursors).toEqual([]);
    await stage.iterator.return(undefined);
  });

  it('aborts the read under way when the consumer leaves', async () => {
    const stage = new Stage([answer('a', { index: 1 })]);
    for await (const _ of stage.iterator) {
      await settle();
      break;
    }
    expect(stage.aborted).toBe(1);
    expect(stage.clock.pending).toBe(0);
  });

  it('ends, without an error, when the signal aborts: while reading, waiting or backing off', async () => {
    for (const steps of [[], [failure('Unreachable')], [answer('a', {})]]) {
      const stage = await play(steps, 10);
      expect(stage.clock.pending).toBe(0);
    }
  });

  it('ends at once when the signal was aborted before', async () => {
    const stage = new Stage([]);
    stage.abort.abort();
    await stage.consume();
    expect(stage.cursors).toEqual([]);
  });

  it('forgets its index when connections were lost meanwhile: the agent may be another one', async () => {
    let lost = 0;
    const steps = [answer('a', { index: 70 }), answer('b', { index: 71 }), answer('c', { index: 5 })];
    const stage = new Stage(steps, { losses: () => lost });
    const consumed = stage.consume();
    await stage.clock.advance(25);
    expect(stage.indexes).toEqual([undefined, 70]);
    // It waits for its turn; no read of its own is there to break.
    lost += 1;
    await stage.clock.advance(50);
    expect(stage.indexes).toEqual([undefined, 70, undefined]);
    await stage.clock.advance(50);
    expect(stage.indexes).toEqual([undefined, 70, undefined, 5]);
    stage.abort.abort();
    await consumed;
  });

  it('does not spin when connections keep breaking', async () => {
    let lost = 0;
    const stage = await play(Array(400).fill(answer('a', { index: 7 })), 10_000, { losses: () => ++lost });
    expect(stage.cursors.length).toBeLessThan(15);
    expect(stage.yielded).toEqual(['a']);
  });

  it('passes on an error that is not Consul’s: it is a bug', async () => {
    const stage = new Stage([new TypeError('bug')]);
    await expect(stage.consume()).rejects.toThrow('bug');
  });

  it('keeps the polls of several watches within a common budget', async () => {
    const clock = new FakeClock();
    const budget = new QueryBudget({ clock, pollsPerSecond: 10, burst: 5 });
    const stages = Array.from({ length: 20 }, () => new Stage([answer('a', { index: 1 })], { clock, budget }));
    const consumed = stages.map((stage) => stage.consume());
    await clock.advance(0);
    // First queries have twice the allowance; the polls that follow them, the plain one.
    expect(stages.flatMap((stage) => stage.cursors).filter(({ index }) => index === undefined)).toHaveLength(10);
    expect(stages.flatMap((stage) => stage.cursors).filter(({ index }) => index === 1)).toHaveLength(5);
    await clock.advance(1_000);
    expect(stages.flatMap((stage) => stage.cursors).filter(({ index }) => index === 1)).toHaveLength(15);
    for (const stage of stages) stage.abort.abort();
    await Promise.all(consumed);
  });
});
