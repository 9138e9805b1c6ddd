import type { Deadlines, Expirable } from '../http1/deadlines.ts';
import type { MakeSocket } from '../http1/listener.ts';
import { dialOrigin } from '../http1/origin-dial.ts';
import { connectFailure, OriginFailure } from '../http1/origin-failure.ts';
import type { CountedConnection } from '../http1/origin-traffic.ts';
import { Wire, type WireOwner } from '../http1/wire.ts';
import type { Lease, Outcome } from '../upstream/lease.ts';
import type { RequestFacts } from '../upstream/route-match.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { Lane } from './lane.ts';
import { noLease } from './no-lease.ts';
import type { ProxyCore } from './proxy-core.ts';
import type { ProxyErrorCode } from './proxy-error.ts';
import type { ConnectionRecord } from './recorder.ts';
import { sourceHash } from './stickiness.ts';

/** What a {@link TcpConnection} is made of. */
export interface TcpConnectionOptions {
  readonly core: ProxyCore;
  readonly upstream: Upstream;
  readonly make: MakeSocket;
  readonly remoteAddress: string;
  /** Both ends are closed. */
  readonly onClose: () => void;
}

const NEVER: number = Number.POSITIVE_INFINITY;
/** Routes look at requests, of which nothing is known here: what is for every request remains. */
const NO_REQUEST: RequestFacts = { method: '', target: '', header: () => undefined };

/** One of the two ends. */
interface End extends WireOwner {
  wire: Wire | undefined;
  /** Its peer will send nothing more. */
  hasEnded: boolean;
  isClosed: boolean;
}

/**
 * A connection that is passed on byte by byte to an instance, whatever it carries. An instance that cannot be reached
 * costs the caller nothing but time: nothing has been sent yet, so another is tried. The lease lasts as long as the
 * connection.
 */
export class TcpConnection implements Expirable {
  deadlineMs: number = NEVER;
  readonly #options: TcpConnectionOptions;
  readonly #deadlines: Deadlines;
  readonly #client: End;
  #origin: End | undefined = undefined;
  /** What the caller sent before there was an instance; little, as it is not read from for so long. */
  #early: Buffer[] = [];
  #lane: Lane | undefined = undefined;
  #lease: Lease | undefined = undefined;
  #attempts = 0;
  readonly #startMs: number;
  /** Why it ends other than in order. */
  #error: ProxyErrorCode | 'cancelled' | undefined = undefined;
  #counted: CountedConnection | undefined = undefined;
  /** The counted one is closed. */
  #uncount: (() => void) | undefined = undefined;
  #isConnected = false;

  constructor(options: TcpConnectionOptions) {
    const { core, make, upstream } = options;
    this.#options = options;
    this.#deadlines = core.deadlines;
    this.#startMs = this.#deadlines.nowMs();
    this.#client = this.#end(() => this.#origin);
    this.#client.wire = new Wire(this.#client, make);
    this.#client.wire.pause();
    this.#deadlines.add(this);
    this.#follow(upstream);
  }

  /** Waits until the upstream is known, and goes on where its traffic rules say: a connection can follow shares only. */
  #follow(upstream: Upstream, hasWaited = false): void {
    if (this.#client.isClosed) return;
    const { diversion } = upstream;
    if (diversion !== undefined) this.#follow(diversion.route(NO_REQUEST).next());
    else if (hasWaited || upstream.state !== 'waiting') this.#attempt(upstream);
    else {
      const goOn = () => this.#follow(upstream, true);
      upstream.whenKnown(this.#options.core.settings.discoveryMs).then(goOn, goOn);
    }
  }

  /** Breaks both ends off. */
  abort(): void {
    this.#client.wire?.socket.resetAndDestroy();
    if (this.#isConnected) this.#origin?.wire?.socket.resetAndDestroy();
    else this.#origin?.wire?.destroy();
  }

  expire(): void {
    if (this.#isConnected) {
      this.#error ??= 'answer_stalled';
      this.abort();
    } else this.#failed(new OriginFailure('connect_timeout', 'the connection was not established in time'));
  }

  #attempt(upstream: Upstream): void {
    const { hashOn, timeouts } = upstream.settings;
    const hash = hashOn?.kind === 'source' ? sourceHash(this.#options.remoteAddress) : undefined;
    const lease = upstream.acquire(this.#lease?.endpoint, hash);
    this.#lease = lease;
    if (lease === undefined) {
      this.#error = noLease(upstream).code;
      this.#client.wire?.socket.resetAndDestroy();
      return;
    }
    this.#attempts += 1;
    this.deadlineMs = timeouts.connectMs === 0 ? NEVER : this.#deadlines.coarseNowMs + timeouts.connectMs;
    this.#lane ??= this.#options.core.lane(upstream);
    const { dial } = this.#lane.destination(lease.endpoint);
    const origin = this.#end(() => this.#client);
    this.#origin = origin;
    try {
      const wire = new Wire(origin, (onread) => dialOrigin(dial, { protocol: undefined, onread }));
      origin.wire = wire;
      this.#counted = { isIdle: false, wire, onConnected: undefined };
      this.#uncount = this.#lane.traffic.follow(this.#counted);
    } catch (error) {
      if (!(error instanceof OriginFailure)) throw error;
      this.#failed(error);
    }
  }

  #connected(origin: End): void {
    if (origin !== this.#origin || this.#isConnected) return;
    this.#isConnected = true;
    this.#lease?.answered();
    this.#counted?.onConnected?.();
    this.#moved();
    for (const piece of this.#early.splice(0)) origin.wire?.bytes(piece);
    if (this.#client.hasEnded) origin.wire?.end();
    this.#client.wire?.resume();
  }

  /** There was no connection to the instance: another is tried, if there may be another attempt. */
  #failed(failure: OriginFailure): void {
    const { upstream } = this.#lane ?? this.#options;
    const { attempts, on } = upstream.settings.retry;
    const { wire } = this.#origin ?? {};
    this.#origin = undefined;
    wire?.destroy();
    if (this.#uncount === undefined) this.#lane?.recorder.connectFailed();
    this.#leave();
    if (this.#client.isClosed) {
      this.#error = 'cancelled';
      this.#over({ kind: 'cancelled' });
      return;
    }
    this.#lease?.settle({ kind: 'failed', cause: failure });
    if (this.#attempts < attempts && on.includes('connect')) {
      this.#lane?.recorder.retried(failure.code);
      this.#attempt(upstream);
    } else {
      this.#error = failure.code;
      this.#client.wire?.socket.resetAndDestroy();
    }
  }

  #end(other: () => End | undefined): End {
    const end: End = {
      wire: undefined,
      hasEnded: false,
      isClosed: false,
      connected: () => this.#connected(end),
      received: (bytes, length) => this.#received(end, other(), bytes, length),
      ended: () => {
        end.hasEnded = true;
        if (this.#isConnected) other()?.wire?.end();
      },
      drained: () => {
        if (this.#isConnected) other()?.wire?.resume();
      },
      closed: (error) => this.#closed(end, error),
    };
    return end;
  }

  #received(from: End, to: End | undefined, bytes: Buffer, length: number): void {
    if (!this.#isConnected) {
      this.#early.push(Buffer.from(bytes.subarray(0, length)));
      return;
    }
    if (from.wire === undefined || to?.wire === undefined || to.isClosed) return;
    this.#moved();
    to.wire.passOn(from.wire, bytes, 0, length);
    to.wire.flush();
    if (to.wire.isBlocked) from.wire.pause();
  }

  #closed(end: End, error: Error | undefined): void {
    end.isClosed = true;
    const client = this.#client;
    const origin = this.#origin;
    if (end !== client && end !== origin) return;
    if (end === origin && !this.#isConnected) {
      this.#failed(connectFailure(error));
      return;
    }
    // After both sides have said their last word, what is left to send may still be sent.
    const isInOrder = client.hasEnded && origin?.hasEnded === true && error === undefined;
    const other = end === client ? origin : client;
    if (error !== undefined && this.#isConnected) this.#error ??= end === client ? 'cancelled' : 'answer_truncated';
    if (!isInOrder && other?.isClosed === false) {
      if (error === undefined) other.wire?.destroy();
      else other.wire?.socket.resetAndDestroy();
    }
    if (!client.isClosed || origin?.isClosed === false) return;
    this.#over(this.#isConnected ? { kind: 'responded', status: 200 } : { kind: 'cancelled' });
  }

  #over(outcome: Outcome): void {
    this.#lease?.settle(outcome);
    this.#deadlines.delete(this);
    this.#leave();
    this.#tell();
    this.#options.onClose();
  }

  #leave(): void {
    this.#uncount?.();
    this.#uncount = undefined;
  }

  #tell(): void {
    const { core, upstream, remoteAddress } = this.#options;
    const lane = this.#lane ?? core.lane(upstream);
    const { bytesRead = 0, bytesWritten = 0 } = this.#client.wire ?? {};
    const record: ConnectionRecord = {
      upstream: lane.upstream,
      endpoint: this.#lease?.endpoint,
      error: this.#error ?? (this.#isConnected ? undefined : 'cancelled'),
      durationMs: this.#deadlines.nowMs() - this.#startMs,
      attempts: this.#attempts,
      bytesIn: bytesRead,
      bytesOut: bytesWritten,
      remoteAddress,
    };
    lane.recorder.connectionEnded(record);
    core.onConnection?.(record);
  }

  #moved(): void {
    const { idleMs } = this.#options.upstream.settings.timeouts;
    this.deadlineMs = idleMs === 0 ? NEVER : this.#deadlines.coarseNowMs + idleMs;
  }
}
