import type { ClientConnection } from '../http1/client-connection.ts';
import type { Deadlines } from '../http1/deadlines.ts';
import type { OriginConnection } from '../http1/origin-connection.ts';
import type { UpstreamTimeouts } from '../upstream/upstream-settings.ts';

/** How long after a caller has ended its side, and how often at first, it is found out whether it is still there. */
const PROBE_MS = 250;
/** A caller that is gone shows it at the second probe at the latest; one that has passed this many is waiting. */
const QUICK_PROBES = 3;
const WAITING_PROBE_MS = 1000;
/** How long a tunnel of which one side has ended stays open while nothing moves. */
const TUNNEL_END_MS = 500;
const NEVER: number = Number.POSITIVE_INFINITY;
const NO_LIMITS: UpstreamTimeouts = { connectMs: 0, firstByteMs: 0, idleMs: 300_000, totalMs: 0 };

/** Why {@link ExchangeTimes.due} fell due. */
export type Due = 'total' | 'body' | 'gone' | undefined;

/**
 * The deadlines of a request: on the caller's side the whole exchange, the next piece of the body and the question
 * whether a caller that has half-closed is still there; on the origin's the answer's head and the next piece of its body.
 */
export class ExchangeTimes {
  readonly #deadlines: Deadlines;
  readonly #client: ClientConnection;
  #timeouts: UpstreamTimeouts = NO_LIMITS;
  #totalAtMs = NEVER;
  #bodyAtMs = NEVER;
  #probeAtMs = NEVER;
  #bytesAtProbe = -1;
  #probes = 0;
  #tunnelIsEnding = false;

  constructor(deadlines: Deadlines, client: ClientConnection) {
    this.#deadlines = deadlines;
    this.#client = client;
  }

  /** A request begins; undefined when it led to no upstream. `callerMs`: how long its caller waits, 0 = unsaid. */
  start(timeouts: UpstreamTimeouts | undefined, callerMs: number): void {
    this.#timeouts = timeouts ?? NO_LIMITS;
    this.#totalAtMs = Math.min(this.after(this.#timeouts.totalMs), this.after(callerMs));
    this.#bodyAtMs = this.#client.request.framing === 'none' ? NEVER : this.after(this.#timeouts.idleMs);
    this.#probeAtMs = NEVER;
    this.#tunnelIsEnding = false;
    this.#arm();
  }

  /** The moment `durationMs` from now; 0 = never. */
  after(durationMs: number): number {
    return durationMs === 0 ? NEVER : this.#deadlines.coarseNowMs + durationMs;
  }

  /** A piece of the request's body has come. */
  moved(): void {
    this.#bodyAtMs = this.after(this.#timeouts.idleMs);
    this.#arm();
  }

  /** The request is whole: from now the origin's answer is waited for. */
  requestEnded(origin: OriginConnection | undefined): void {
    if (this.#bodyAtMs !== NEVER) {
      this.#bodyAtMs = NEVER;
      this.#arm();
    }
    if (origin !== undefined && !origin.isConnecting) this.asked(origin);
  }

  /** The origin has all it needs to say something. */
  asked(origin: OriginConnection): void {
    origin.deadlineMs = this.after(this.#timeouts.firstByteMs);
  }

  /** The origin wants the rest of the request: while it comes, the caller's pace counts. */
  continued(origin: OriginConnection, isWhole: boolean): void {
    if (!isWhole) origin.deadlineMs = NEVER;
  }

  /** A piece of the answer has come, or something went through a tunnel. */
  moves(origin: OriginConnection): void {
    origin.deadlineMs = this.#tunnelIsEnding
      ? this.#deadlines.coarseNowMs + TUNNEL_END_MS
      : this.after(this.#timeouts.idleMs);
  }

  /** One side of a tunnel has ended. */
  tunnelEnds(origin: OriginConnection): void {
    this.#tunnelIsEnding = true;
    this.moves(origin);
  }

  /** The caller has ended its side: it may only have said all it wanted, or it may be gone. */
  probe(): void {
    this.#bytesAtProbe = -1;
    this.#probes = 0;
    this.#probeAtMs = this.#deadlines.coarseNowMs + PROBE_MS;
    this.#arm();
  }

  /** What has fallen due; asks the caller for a sign of life if that is what it was. */
  due(nowMs: number, isAnswering: boolean, originIsSlow: boolean): Due {
    if (nowMs >= this.#totalAtMs) return 'total';
    if (nowMs >= this.#bodyAtMs) {
      if (!originIsSlow) return 'body';
      this.moved();
    }
    const isGone = nowMs >= this.#probeAtMs && this.#isGone(nowMs, isAnswering);
    this.#arm();
    return isGone ? 'gone' : undefined;
  }

  /**
   * A closed socket and a half-closed one look the same until something is sent: then only the closed one answers with a
   * reset. Before the answer's head, an interim answer (102, RFC 2518 §10.1) is sent for that; after it nothing may be
   * sent in between, and a caller for whom nothing was left to send for a while counts as gone.
   */
  #isGone(nowMs: number, isAnswering: boolean): boolean {
    const { wire, request } = this.#client;
    this.#probes += 1;
    this.#probeAtMs = nowMs + (this.#probes < QUICK_PROBES ? PROBE_MS : WAITING_PROBE_MS);
    if (!isAnswering) {
      if (request.minorVersion === 1) wire.text('HTTP/1.1 102 Processing\r\n\r\n');
      wire.flush();
      return false;
    }
    const isQuiet = wire.bytesWritten === this.#bytesAtProbe && wire.unsentBytes === 0;
    this.#bytesAtProbe = wire.bytesWritten;
    return isQuiet;
  }

  #arm(): void {
    this.#client.deadlineMs = Math.min(this.#totalAtMs, this.#bodyAtMs, this.#probeAtMs);
  }
}
