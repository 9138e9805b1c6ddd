import type { Deadlines } from '../http1/deadlines.ts';
import { type DialOptions, dialOrigin } from '../http1/origin-dial.ts';
import { OriginFailure } from '../http1/origin-failure.ts';
import type { OriginTraffic } from '../http1/origin-traffic.ts';
import { OriginSession, type OriginSessionLimits, type OriginSessionOwner } from './origin-session.ts';

/** Where the sessions of one endpoint lead, and how they are kept. */
export interface OriginSessionsOptions extends DialOptions {
  readonly limits: OriginSessionLimits;
  /** Sessions at once; 0 = no limit. */
  readonly maxSessions: number;
  /** Whether one more request may wait for a session. */
  readonly mayWait: () => boolean;
  readonly deadlines: Deadlines;
  /** Follows the sessions; undefined: nobody wants to know. */
  readonly traffic?: OriginTraffic | undefined;
}

/** Waits for a session. */
export interface SessionTaker {
  sessionReady(session: OriginSession): void;
  sessionFailed(failure: OriginFailure): void;
}

/** Requests that wait for a session which is being opened; further ones open another. */
const WAITERS_PER_SESSION = 100;

/** The HTTP/2 sessions to one endpoint: as few as have room for all requests. */
export class OriginSessions implements OriginSessionOwner {
  readonly #options: OriginSessionsOptions;
  readonly #open = new Set<OriginSession>();
  readonly #connecting = new Set<OriginSession>();
  /** Tells that a session is closed, for those that are not. */
  readonly #leave = new Map<OriginSession, () => void>();
  #waiting: SessionTaker[] = [];
  #isClosed = false;

  constructor(options: OriginSessionsOptions) {
    this.#options = options;
  }

  /** A session that takes a request now; undefined when there is none. */
  take(): OriginSession | undefined {
    for (const session of this.#open) if (session.room > 0) return session;
    return undefined;
  }

  /** No further request may wait. */
  get isFull(): boolean {
    return !this.#options.mayWait();
  }

  /** How many wait for a session. */
  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** Waits for a session, opening one if need be; returns a function that takes the wish back. Tells later, never at once. */
  wait(taker: SessionTaker, connectByMs: number): () => void {
    this.#waiting.push(taker);
    const { maxSessions } = this.#options;
    const mayOpen = maxSessions === 0 || this.#open.size < maxSessions;
    if (mayOpen && this.#waiting.length > this.#connecting.size * WAITERS_PER_SESSION) this.#connect(connectByMs);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== taker);
    };
  }

  /** Takes no more requests; each session ends with the last that is under way. */
  close(): void {
    this.#isClosed = true;
    for (const session of [...this.#open]) session.close();
  }

  /** Ends everything now. */
  destroy(): void {
    this.#isClosed = true;
    for (const session of [...this.#open]) session.destroy();
  }

  sessionReady(session: OriginSession): void {
    this.#connecting.delete(session);
    this.sessionRoomier(session);
    if (this.#isClosed) session.close();
  }

  sessionRoomier(session: OriginSession): void {
    while (session.room > 0) {
      const taker = this.#waiting.shift();
      if (taker === undefined) return;
      taker.sessionReady(session);
    }
  }

  sessionEnded(session: OriginSession, failure: OriginFailure | undefined): void {
    this.#open.delete(session);
    this.#connecting.delete(session);
    if (this.#connecting.size > 0) return;
    if (failure !== undefined) this.#fail(failure);
    else if (this.#waiting.length > 0 && this.#open.size === 0) {
      this.#fail(new OriginFailure('connect_failed', 'the origin ended its last session'));
    }
  }

  #connect(connectByMs: number): void {
    const { deadlines, tls, limits } = this.#options;
    try {
      const session = new OriginSession(
        {
          dial: () => dialOrigin(this.#options, { protocol: 'h2' }),
          scheme: tls === undefined ? 'http' : 'https',
          deadlines,
          connectByMs,
          limits,
        },
        this,
      );
      this.#open.add(session);
      this.#connecting.add(session);
      const leave = this.#options.traffic?.follow(session);
      if (leave !== undefined) this.#leave.set(session, leave);
    } catch (error) {
      if (!(error instanceof OriginFailure)) throw error;
      process.nextTick(() => this.#fail(error));
    }
  }

  sessionClosed(session: OriginSession): void {
    this.#leave.get(session)?.();
    this.#leave.delete(session);
  }

  #fail(failure: OriginFailure): void {
    for (const taker of this.#waiting.splice(0)) taker.sessionFailed(failure);
  }
}
