import type { Clock } from '../runtime/clock.ts';

/** The right to have one blocking query open. */
export interface PollTurn {
  /** How long the query may wait; undefined: as long as it likes, nobody else wants the turn. */
  readonly waitMs: number | undefined;
  /** Aborts when another one needs the turn more; the query should end and take another. */
  readonly preempted: AbortSignal;
  release(): void;
}

/** How many share. */
export interface PollTurnsOptions {
  /** Blocking queries that may be open at once. */
  readonly limit: number;
  /** While more want one, each may wait this long, in turn. */
  readonly sharedWaitMs: number;
  readonly clock: Clock;
}

interface OpenTurn {
  readonly turn: PollTurn;
  readonly preempt: AbortController;
}

/**
 * Consul lets a client address have 200 connections, shared by all processes of a host (consul.md 13), and each blocking
 * query holds one. Up to the limit every watch has a query open all the time; beyond it the watches take turns, each
 * for a short while, so the time to notice a change grows instead of the number of connections.
 */
export class PollTurns {
  readonly #options: PollTurnsOptions;
  readonly #open = new Set<OpenTurn>();
  readonly #waiting: ((turn: PollTurn) => void)[] = [];

  constructor(options: PollTurnsOptions) {
    this.#options = options;
  }

  /** Waits for a turn, first come first served. @throws the signal's reason */
  async take(signal: AbortSignal): Promise<PollTurn> {
    signal.throwIfAborted();
    if (this.#open.size < this.#options.limit && this.#waiting.length === 0) return this.#grant();
    this.#hurry();
    return await new Promise<PollTurn>((resolve, reject) => {
      const onGrant = (turn: PollTurn) => {
        signal.removeEventListener('abort', onAbort);
        resolve(turn);
      };
      const onAbort = () => {
        const place = this.#waiting.indexOf(onGrant);
        if (place >= 0) this.#waiting.splice(place, 1);
        reject(signal.reason);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(onGrant);
    });
  }

  #grant(): PollTurn {
    const preempt = new AbortController();
    const waitMs = this.#waiting.length === 0 ? undefined : this.#options.sharedWaitMs;
    const release = () => {
      if (this.#open.delete(open)) this.#next();
    };
    const open: OpenTurn = { turn: { waitMs, preempted: preempt.signal, release }, preempt };
    this.#open.add(open);
    return open.turn;
  }

  #next(): void {
    const next = this.#waiting.shift();
    if (next !== undefined) next(this.#grant());
  }

  /** Ends the oldest of the queries that may wait for minutes, in a while; the others end by themselves. */
  #hurry(): void {
    const oldest = [...this.#open].find(({ turn, preempt }) => turn.waitMs === undefined && !preempt.signal.aborted);
    if (oldest === undefined) return;
    this.#options.clock.after(this.#options.sharedWaitMs, () => {
      if (this.#open.has(oldest)) oldest.preempt.abort();
    });
  }
}
