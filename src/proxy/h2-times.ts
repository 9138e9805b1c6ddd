import type { Deadlines, Expirable } from '../http1/deadlines.ts';
import type { UpstreamTimeouts } from '../upstream/upstream-settings.ts';

/** What has fallen due: the whole exchange, the answer's head, or the next piece in either direction. */
export type H2Due = 'total' | 'answer' | 'idle';

const NEVER: number = Number.POSITIVE_INFINITY;
const NO_LIMITS: UpstreamTimeouts = { connectMs: 0, firstByteMs: 0, idleMs: 300_000, totalMs: 0 };

/** The deadlines of a request over HTTP/2. */
export class H2Times implements Expirable {
  deadlineMs: number = NEVER;
  readonly #deadlines: Deadlines;
  readonly #onDue: (due: H2Due) => void;
  #timeouts: UpstreamTimeouts = NO_LIMITS;
  /** The call has a deadline of its own, which then goes for the answer's head too. */
  #hasOwn = false;
  #totalAtMs = NEVER;
  #answerAtMs = NEVER;
  #idleAtMs = NEVER;

  constructor(deadlines: Deadlines, onDue: (due: H2Due) => void) {
    this.#deadlines = deadlines;
    this.#onDue = onDue;
  }

  /** A request begins. `ownMs`: the time that its caller gives it; undefined: none. */
  start(timeouts: UpstreamTimeouts | undefined, ownMs: number | undefined): void {
    this.#timeouts = timeouts ?? NO_LIMITS;
    this.#hasOwn = ownMs !== undefined;
    this.#totalAtMs = this.after(this.#timeouts.totalMs);
    if (ownMs !== undefined) this.#totalAtMs = Math.min(this.#totalAtMs, this.#deadlines.nowMs() + ownMs);
    this.#answerAtMs = NEVER;
    this.#idleAtMs = this.after(this.#timeouts.idleMs);
    this.#arm();
    this.#deadlines.add(this);
  }

  stop(): void {
    this.#deadlines.delete(this);
  }

  /** The moment `durationMs` from now; 0 = never. */
  after(durationMs: number): number {
    return durationMs === 0 ? NEVER : this.#deadlines.coarseNowMs + durationMs;
  }

  /** By when a connection must be there. */
  get connectByMs(): number {
    return this.after(this.#timeouts.connectMs);
  }

  /** What is left of the whole time. */
  get leftMs(): number {
    return this.#totalAtMs - this.#deadlines.nowMs();
  }

  /** The origin has all of the request: from now its answer is waited for. */
  asked(): void {
    if (!this.#hasOwn) this.#answerAtMs = this.after(this.#timeouts.firstByteMs);
    this.#arm();
  }

  /** The answer is no longer waited for: it has come, or the attempt has ended. */
  answered(): void {
    this.#answerAtMs = NEVER;
    this.moved();
  }

  /** Something has come from either side. */
  moved(): void {
    this.#idleAtMs = this.after(this.#timeouts.idleMs);
    this.#arm();
  }

  expire(nowMs: number): void {
    if (nowMs >= this.#totalAtMs) this.#onDue('total');
    else if (nowMs >= this.#answerAtMs) this.#onDue('answer');
    else this.#onDue('idle');
  }

  #arm(): void {
    this.deadlineMs = Math.min(this.#totalAtMs, this.#answerAtMs, this.#idleAtMs);
  }
}
