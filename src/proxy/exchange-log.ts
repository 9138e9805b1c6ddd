import type { RequestHead } from '../http1/request-head.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import { ExchangeAttemptRecord, ExchangeRecord } from './exchange-record.ts';
import { ExchangeTrace } from './exchange-trace.ts';
import type { Lane } from './lane.ts';
import type { Arrival, ProxyCore } from './proxy-core.ts';
import { type ProxyErrorCode, statusOf } from './proxy-error.ts';
import type { BoundRecorder } from './recorder.ts';

/** A client whose bytes are counted. */
export interface CountedClient {
  readonly wire: { readonly bytesRead: number; readonly bytesWritten: number; readonly unsentBytes: number };
}

/** Keeps the record of a connection's present request and hands it to whoever counts, logs and traces. */
export class ExchangeLog {
  /** Trace fields of the present attempt alone, as lines of its head. */
  attemptFields = '';
  readonly trace: ExchangeTrace;
  readonly #scheme: 'http' | 'https';
  readonly #core: ProxyCore;
  readonly #client: CountedClient;
  readonly #record: ExchangeRecord = new ExchangeRecord();
  readonly #attempt: ExchangeAttemptRecord = new ExchangeAttemptRecord();
  #lane: Lane | undefined = undefined;
  #startMs = 0;
  #attemptStartMs = 0;
  /** When the last attempt ended; -1 = there is none, or another follows. */
  #endMs = -1;
  /** The last attempt is not recorded yet: if the request ends with it, one record will do for both. */
  #isAttemptDue = false;
  #bytesReadBefore = 0;
  #bytesWrittenBefore = 0;
  #isOpen = false;

  constructor(core: ProxyCore, client: CountedClient, { peer, scheme, isHttp2 = false }: Arrival) {
    this.#core = core;
    this.#client = client;
    this.trace = new ExchangeTrace(core.tracer);
    this.#scheme = scheme;
    this.#record.remoteAddress = peer.remoteAddress;
    this.#record.isHttp2 = isHttp2;
  }

  /** A request has begun. */
  start(request: RequestHead): void {
    const record = this.#record;
    record.method = request.method;
    record.methodIndex = request.methodIndex;
    record.target = request.target;
    record.minorVersion = request.minorVersion;
    this.#open();
  }

  /** The request goes to an upstream that exists; without this, it counts among those that led nowhere. */
  bind(lane: Lane): void {
    this.#record.upstream = lane.upstream;
    this.#lane = lane;
    lane.requests += 1;
  }

  /** Something came that was no request. */
  startRefused(): void {
    this.#record.method = '';
    this.#record.methodIndex = OTHER;
    this.#record.target = '';
    this.#open();
  }

  /** An attempt at `endpoint` begins. */
  attempt(endpoint: Endpoint): void {
    this.#recordAttempt();
    const record = this.#record;
    // The first attempt begins with the request, or hardly later: the clock is not asked again.
    this.#attemptStartMs = record.endpoint === undefined ? this.#startMs : this.#core.deadlines.nowMs();
    if (record.endpoint !== undefined) {
      record.resends += 1;
      this.#lane?.recorder.retried(this.#attempt.error ?? String(this.#attempt.status));
    }
    record.endpoint = endpoint;
    this.#endMs = -1;
    this.#attempt.status = 0;
    this.attemptFields = this.trace.startAttempt(record);
  }

  /** The same attempt goes on, over another connection. */
  resent(): void {
    this.#record.resends += 1;
    this.#lane?.recorder.retried(STALE);
  }

  /** There is no further attempt, for there were too many lately. */
  retryRefused(): void {
    this.#lane?.recorder.retryRefused();
  }

  /** An origin's final status has come. */
  answered(status: number): void {
    this.#record.status = status;
    this.#attempt.status = status;
  }

  attemptEnded(error: ProxyErrorCode | 'cancelled' | undefined): void {
    const { upstream, endpoint, methodIndex, resends } = this.#record;
    if (upstream === undefined || endpoint === undefined) return;
    const attempt = this.#attempt;
    attempt.upstream = upstream;
    attempt.endpoint = endpoint;
    attempt.methodIndex = methodIndex;
    attempt.error = error;
    attempt.resends = resends;
    attempt.traceId = this.trace.traceId;
    attempt.spanId = this.trace.attemptSpanId;
    this.#endMs = this.#core.deadlines.nowMs();
    attempt.durationMs = this.#endMs - this.#attemptStartMs;
    this.trace.endAttempt(attempt);
    this.#isAttemptDue = true;
  }

  /** The request ends without an origin's whole answer. */
  failed(code: ProxyErrorCode | 'cancelled', reason: string): void {
    this.#record.error = code;
    this.#record.reason = reason;
    if (code !== 'cancelled' && code !== 'answer_truncated') this.#record.status = statusOf(code);
  }

  /** The request has ended. */
  end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const record = this.#record;
    const { wire } = this.#client;
    if (this.#lane !== undefined) this.#lane.requests -= 1;
    // As a rule the last attempt has ended just now.
    record.durationMs = (this.#endMs < 0 ? this.#core.deadlines.nowMs() : this.#endMs) - this.#startMs;
    record.bytesIn = wire.bytesRead - this.#bytesReadBefore;
    record.bytesOut = wire.bytesWritten + wire.unsentBytes - this.#bytesWrittenBefore;
    this.#bytesReadBefore = wire.bytesRead;
    this.#bytesWrittenBefore += record.bytesOut;
    record.traceId = this.trace.traceId;
    record.spanId = this.trace.spanId;
    if (this.#isAttemptDue && record.resends === 0 && record.error === undefined && !this.trace.isSampled) {
      this.#isAttemptDue = false;
      this.#recorder.exchangeEnded(record);
    } else {
      this.#recordAttempt();
      this.#recorder.requestEnded(record);
    }
    if (this.trace.isSampled) this.trace.end(record, this.#scheme);
    this.#core.onRequest?.(record);
  }

  #recordAttempt(): void {
    if (!this.#isAttemptDue) return;
    this.#isAttemptDue = false;
    this.#lane?.recorder.attemptEnded(this.#attempt);
  }

  get #recorder(): BoundRecorder {
    return this.#lane === undefined ? this.#core.strayRecorder : this.#lane.recorder;
  }

  #open(): void {
    const record = this.#record;
    record.upstream = undefined;
    record.endpoint = undefined;
    record.status = 0;
    record.error = undefined;
    record.reason = undefined;
    record.resends = 0;
    this.attemptFields = '';
    this.#endMs = -1;
    this.#startMs = this.#core.deadlines.nowMs();
    this.#isOpen = true;
    this.#lane = undefined;
  }
}

const OTHER = 9;
/** What a reused connection does that its origin closes just then. */
const STALE = 'closed_before_answer';
