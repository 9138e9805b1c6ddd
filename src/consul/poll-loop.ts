import { Backoff } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { Answer, AnswerMeta } from './answer.ts';
import { ConsulError, type ConsulErrorKind } from './consul-error.ts';
import { blocks, cursorAfter, FROM_NOW, type PollCursor } from './poll-cursor.ts';
import type { PollSlot, PollSlots, SlotTaker } from './poll-slots.ts';
import type { QueryBudget } from './query-budget.ts';
import type { TurnTaker } from './token-bucket.ts';
import type { WatchObserver } from './watch-observer.ts';

/** What watches share. */
export interface PollSurroundings {
  readonly clock: Clock;
  readonly random: Random;
  /** Polls of all watches wait for their turn here; undefined: no common limit. */
  readonly budget: QueryBudget | undefined;
  /** The connections of polls; undefined: the read itself sees to them. */
  readonly slots?: PollSlots | undefined;
  /** Grows when the agent may be another one than before; see `Transport.losses`. Default: never. */
  readonly losses?: (() => number) | undefined;
  /** Waits before the next try after the agent failed; ends early, and says so, when it is back. Default: the whole time. */
  readonly backOff?: ((forMs: number, signal: AbortSignal) => Promise<boolean>) | undefined;
  /** Told once when a loop is ended. */
  readonly onEnd?: ((loop: Following) => void) | undefined;
}

/** A watch that goes on. */
export interface Following {
  /** Nothing is told any more. Resolves when what was under way has ended. */
  end(): Promise<void>;
}

/** Where a read takes up, and the connection that it may use: `slot` is undefined when it is to use an ordinary one. */
export interface PollTurn extends PollCursor {
  readonly turn: { readonly slot: PollSlot | undefined } | undefined;
}

/** One who is told of every answer. */
export interface PollListener<T> extends WatchObserver {
  /** Consul has answered, with news or without. */
  answered(answer: Answer<T>): void;
  /** Something was thrown that is no failure of Consul's: a bug. The loop has ended. */
  broke(error: unknown): void;
}

/** What a {@link PollLoop} is made of. */
export interface PollLoopOptions<T> {
  /** Reads once, blocking where the cursor says. @throws ConsulError */
  read(turn: PollTurn, signal: AbortSignal): Promise<Answer<T>>;
  readonly listener: PollListener<T>;
  /** The pause between reads that cannot block, where Consul gives no index to wait for. */
  readonly pollEveryMs: number;
}

/** Reads that may follow each other at once; a service that flaps would else cost a query per flap. */
const BURST = 2;
/** Beyond the burst, one read in this time. */
const READ_EVERY_MS = 50;
const BACKOFF_MIN_MS = 250;
const BACKOFF_MAX_MS = 10_000;
/** Failures that may mean that the agent or its servers are away; after others an early retry would be no use. */
const AWAY: ReadonlySet<ConsulErrorKind> = new Set(['Unreachable', 'TimedOut', 'NoLeader', 'ServerError']);
/** A stale read from a server that has not heard of its leader for this long is told as stale. */
const STALE_CONTACT_MS = 5_000;

/**
 * The loop behind every watch: reads again and again, and tells each answer and failure until it is ended. What is under
 * way (a read, a pause) is an async function with a signal of its own; while the loop waits for its turn it is nothing but
 * this object in a queue, as most of a thousand watches are at any time.
 */
export class PollLoop<T> implements Following, TurnTaker, SlotTaker {
  readonly #around: PollSurroundings;
  readonly #options: PollLoopOptions<T>;
  #cursor: PollCursor = FROM_NOW;
  #losses: number | undefined;
  #wasDoubtful = false;
  /** It has had no answer yet. */
  #isNew = true;
  /** When the next read is due by the pace alone. */
  #dueMs = Number.NEGATIVE_INFINITY;
  /** Undefined unless the last read failed. */
  #backoff: Backoff | undefined;
  #underWay: { readonly abort: AbortController; ended: Promise<void> } | undefined;
  #isEnded = false;

  constructor(around: PollSurroundings, options: PollLoopOptions<T>) {
    this.#around = around;
    this.#options = options;
    this.#losses = around.losses?.();
  }

  /** Begins. */
  start(): void {
    const { clock } = this.#around;
    const nowMs = clock.nowMs();
    const atMs = Math.max(nowMs, this.#dueMs - (BURST - 1) * READ_EVERY_MS);
    this.#dueMs = Math.max(this.#dueMs, atMs) + READ_EVERY_MS;
    if (atMs <= nowMs) this.#askBudget();
    else
      this.#run(
        (signal) => clock.sleep(atMs - nowMs, signal),
        () => this.#askBudget(),
      );
  }

  /** Tells nothing more, and aborts what is under way. Resolves when that has ended. */
  end(): Promise<void> {
    if (!this.#isEnded) this.#around.onEnd?.(this);
    this.#isEnded = true;
    this.#around.budget?.leave(this);
    this.#around.slots?.leave(this);
    this.#underWay?.abort.abort();
    return this.#underWay?.ended ?? Promise.resolve();
  }

  onTurn(): void {
    // Between two reads nothing tells this watch that the agent was replaced: other connections of the client do.
    const losses = this.#around.losses?.();
    const isDoubtful = blocks(this.#cursor) && losses !== this.#losses;
    // Of now: one while it waits for a connection is to be noticed the next time.
    this.#losses = losses;
    // Connections that keep breaking for another reason are not to make every watch spin.
    const isSpinning = isDoubtful && this.#wasDoubtful;
    this.#wasDoubtful = isDoubtful;
    if (isDoubtful) this.#cursor = FROM_NOW;
    const { slots, clock } = this.#around;
    if (isSpinning) {
      this.#run(
        (signal) => clock.sleep(this.#options.pollEveryMs, signal),
        () => this.#readBy(undefined),
      );
    } else if (slots === undefined || !blocks(this.#cursor)) {
      this.#readBy(undefined);
    } else {
      const slot = slots.ask(this);
      if (slot !== undefined) this.#readBy({ slot });
    }
  }

  onSlot(slot: PollSlot | undefined): void {
    this.#readBy({ slot });
  }

  #askBudget(): void {
    const { budget } = this.#around;
    if (budget === undefined || budget.ask(this, this.#isNew)) this.onTurn();
  }

  #readBy(turn: PollTurn['turn']): void {
    this.#run(
      (signal) => this.#read({ ...this.#cursor, turn }, signal),
      () => this.start(),
    );
  }

  /** Does something that takes its time, and then `next`. */
  #run(act: (signal: AbortSignal) => Promise<void>, next: () => void): void {
    const abort = new AbortController();
    const underWay = { abort, ended: Promise.resolve() };
    this.#underWay = underWay;
    underWay.ended = act(abort.signal).then(
      () => {
        this.#underWay = undefined;
        if (!this.#isEnded) next();
      },
      (error: unknown) => {
        this.#underWay = undefined;
        if (this.#isEnded) return;
        this.#isEnded = true;
        this.#around.onEnd?.(this);
        this.#options.listener.broke(error);
      },
    );
  }

  async #read(turn: PollTurn, signal: AbortSignal): Promise<void> {
    const { listener, pollEveryMs } = this.#options;
    const { clock } = this.#around;
    try {
      const answer = await this.#options.read(turn, signal);
      if (this.#isEnded) return;
      this.#backoff = undefined;
      this.#isNew = false;
      this.#cursor = cursorAfter(this.#cursor, answer.meta);
      listener.answered(answer);
      if (!this.#isEnded) tell(listener, answer.meta);
      // An index that went down is looked at again at once; where there is no index at all, that would be spinning.
      if (!blocks(this.#cursor) && !(blocks(turn) && answer.meta.index !== undefined))
        await clock.sleep(pollEveryMs, signal);
    } catch (error) {
      if (this.#isEnded || !(error instanceof ConsulError)) throw error;
      await this.#recover(error, signal);
    }
  }

  async #recover(error: ConsulError, signal: AbortSignal): Promise<void> {
    const { clock, random, backOff } = this.#around;
    // After an error the index may be above what the next server knows, and blocking on it would hang a whole wait.
    this.#cursor = FROM_NOW;
    this.#backoff ??= new Backoff({ minMs: BACKOFF_MIN_MS, maxMs: BACKOFF_MAX_MS, random });
    const retryInMs = Math.max(this.#backoff.nextMs(), error.retryAfterMs ?? 0);
    this.#options.listener.failed?.(error, retryInMs);
    const rest = backOff !== undefined && AWAY.has(error.kind) ? backOff : undefined;
    // One that has just come back may fail once more, and is not to be waited for as long as while it was away.
    if (rest === undefined) await clock.sleep(retryInMs, signal);
    else if (await rest(retryInMs, signal)) this.#backoff = undefined;
  }
}

function tell(observer: WatchObserver, meta: AnswerMeta): void {
  const old = (meta.ageMs ?? 0) > 0 || (meta.lastContactMs ?? 0) > STALE_CONTACT_MS;
  if (old) observer.stale?.(meta);
  else observer.confirmed?.(meta);
}
