import { Backoff } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import { ConsulError } from './consul-error.ts';
import type { KvApi } from './kv.ts';
import type { KvValue } from './kv-value.ts';
import { Lock } from './lock.ts';
import { blocks, cursorAfter, FROM_NOW } from './poll-cursor.ts';
import type { CallOptions } from './read-options.ts';
import type { SessionApi } from './session.ts';
import { SessionKeeper } from './session-keeper.ts';

/** How a lock is taken. */
export interface LockOptions extends Omit<CallOptions, 'timeoutMs'> {
  /** Stored in the key while the lock is held, for others to read. Default: nothing. */
  readonly value?: KvValue | undefined;
  /** The session's name. Default `lock <key>`. */
  readonly sessionName?: string | undefined;
  /** The session ends when it is not renewed for this long. 10 s to 24 h; default 15 s. */
  readonly ttlMs?: number | undefined;
  /** After a holder was lost, nobody gets the lock for this long. Default 15 s. */
  readonly lockDelayMs?: number | undefined;
  /** How long to try. Default: until it is had or `signal` aborts. 0: only once. */
  readonly giveUpAfterMs?: number | undefined;
}

/** What {@link Locks} need. */
export interface LocksOptions {
  readonly kv: KvApi;
  readonly sessions: SessionApi;
  readonly clock: Clock;
  readonly random: Random;
}

/** Marks keys that are locks; the value that Consul's own Go client and `consul lock` use. */
const LOCK_FLAGS = 0x2ddccbc058a50c18n;
/** A lock that nobody holds and nobody gets is within its lock delay, the end of which wakes no watch. */
const DELAYED_RETRY_MS = 1_000;

interface Attempt {
  readonly key: string;
  readonly options: LockOptions;
  readonly deadlineMs: number;
}

/** Takes locks. */
export class Locks {
  readonly #options: LocksOptions;

  constructor(options: LocksOptions) {
    this.#options = options;
  }

  /**
   * Waits for a lock and returns it held.
   * @throws ConsulError `Conflict` when it was not to be had in `giveUpAfterMs`; others when trying again is no use
   */
  async acquire(key: string, options: LockOptions = {}): Promise<Lock> {
    const { clock, random } = this.#options;
    const attempt = { key, options, deadlineMs: clock.nowMs() + (options.giveUpAfterMs ?? Number.POSITIVE_INFINITY) };
    const backoff = new Backoff({ minMs: 250, maxMs: 10_000, random });
    for (;;) {
      try {
        const lock = await this.#withSession(attempt);
        if (lock !== undefined) return lock;
      } catch (error) {
        options.signal?.throwIfAborted();
        if (!(error instanceof ConsulError) || !error.retryable || clock.nowMs() >= attempt.deadlineMs) throw error;
        const pauseMs = Math.max(backoff.nextMs(), error.retryAfterMs ?? 0);
        await clock.sleep(Math.min(pauseMs, attempt.deadlineMs - clock.nowMs()), options.signal);
      }
    }
  }

  /** One session's try; undefined when the session ended meanwhile and another is needed. */
  async #withSession(attempt: Attempt): Promise<Lock | undefined> {
    const { key, options } = attempt;
    const { kv, sessions, clock } = this.#options;
    const { datacenter, namespace, partition, token, signal } = options;
    const scope = { datacenter, namespace, partition, token };
    const definition = {
      name: options.sessionName ?? `lock ${key}`,
      ttlMs: options.ttlMs ?? 15_000,
      lockDelayMs: options.lockDelayMs,
    };
    const session = await SessionKeeper.open({ sessions, clock, definition, scope }, signal);
    let lock: Lock | undefined;
    try {
      const ended = signal === undefined ? session.lost : AbortSignal.any([signal, session.lost]);
      const taken = await this.#take(attempt, session.id, ended);
      if (taken) lock = new Lock({ kv, key, value: options.value ?? '', flags: LOCK_FLAGS, session, scope });
      return lock;
    } catch (error) {
      signal?.throwIfAborted();
      if (session.lost.aborted) return undefined;
      throw error;
    } finally {
      if (lock === undefined) await session.close();
    }
  }

  /** True once the session holds the lock. @throws ConsulError, or the signal's reason */
  async #take({ key, options, deadlineMs }: Attempt, session: string, signal: AbortSignal): Promise<boolean> {
    const { kv, clock, random } = this.#options;
    const { datacenter, namespace, partition, token, value = '' } = options;
    const scope = { datacenter, namespace, partition, token, signal };
    let cursor = FROM_NOW;
    for (;;) {
      const waitMs = Number.isFinite(deadlineMs) ? Math.max(1, deadlineMs - clock.nowMs()) : undefined;
      const { value: entry, meta } = await kv.get(key, { ...scope, ...cursor, waitMs });
      cursor = cursorAfter(cursor, meta);
      const free = entry?.session === undefined || entry.session === session;
      if (free && (await kv.put(key, value, { ...scope, acquire: session, flags: LOCK_FLAGS }))) return true;
      if (clock.nowMs() >= deadlineMs) throw notHad(key, entry?.session);
      if (free || !blocks(cursor)) {
        cursor = FROM_NOW;
        await clock.sleep(Math.min(DELAYED_RETRY_MS * (0.5 + random()), deadlineMs - clock.nowMs()), signal);
      }
    }
  }
}

function notHad(key: string, holder: string | undefined): ConsulError {
  const why = holder === undefined ? 'it is within its lock delay' : `session ${holder} holds it`;
  return new ConsulError({ kind: 'Conflict', method: 'PUT', path: `/v1/kv/${key}`, problem: `no lock: ${why}` });
}
