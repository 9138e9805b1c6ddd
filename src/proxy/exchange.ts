import type { ClientConnection, ClientHandler } from '../http1/client-connection.ts';
import type { OriginConnection, OriginHandler } from '../http1/origin-connection.ts';
import { OriginFailure } from '../http1/origin-failure.ts';
import type { Wire } from '../http1/wire.ts';
import type { WireFault } from '../http1/wire-fault.ts';
import type { Lease, Outcome } from '../upstream/lease.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { ExchangeLog } from './exchange-log.ts';
import { ExchangeTimes } from './exchange-times.ts';
import type { Destination, Lane } from './lane.ts';
import { OutgoingRequest } from './outgoing-request.ts';
import type { Arrival, ProxyCore } from './proxy-core.ts';
import { errorResponse, ProxyError, type ProxyErrorCode } from './proxy-error.ts';
import { RequestGate } from './request-gate.ts';
import { ResponseRelay } from './response-relay.ts';
import { type AttemptEvidence, mayRetryFailure, mayRetryStatus } from './retry-policy.ts';

/**
 * Where a request is: none; its first bytes are being read; its upstream is being discovered; a connection is waited
 * for; it is with an origin; it is a tunnel; it has been answered or given up, and what still comes of it is ignored.
 */
type Phase = 'none' | 'reading' | 'discovering' | 'connecting' | 'sent' | 'tunnel' | 'over';

/**
 * The life of one request after the other on a client connection: read, routed, sent to an endpoint, tried again
 * elsewhere if that is safe, its answer passed on, the lease settled. A state machine that its two connections drive; it
 * is made once per connection, and nothing in it is made anew for a request.
 */
export class Exchange implements ClientHandler, OriginHandler {
  readonly #core: ProxyCore;
  readonly #client: ClientConnection;
  readonly #gate: RequestGate;
  readonly #out: OutgoingRequest = new OutgoingRequest();
  readonly #relay: ResponseRelay;
  readonly #log: ExchangeLog;
  readonly #times: ExchangeTimes;
  #phase: Phase = 'none';
  #upstream: Upstream | undefined = undefined;
  /** Undefined as long as the upstream is not known to exist. */
  #lane: Lane | undefined = undefined;
  #destination: Destination | undefined = undefined;
  #lease: Lease | undefined = undefined;
  #origin: OriginConnection | undefined = undefined;
  /** Attempts with a lease of their own. */
  #attempts = 0;
  /** The present lease has been tried on a fresh connection after a reused one broke. */
  #isFresh = false;
  #stopWaiting: (() => void) | undefined = undefined;
  /** Grows with each request, so that an answer from discovery finds the request it is for. */
  #serial = 0;
  readonly #evidence: { -readonly [key in keyof AttemptEvidence]: AttemptEvidence[key] };

  constructor(core: ProxyCore, client: ClientConnection, arrival: Arrival) {
    this.#core = core;
    this.#client = client;
    this.#gate = new RequestGate(core, arrival);
    this.#relay = new ResponseRelay(client);
    this.#log = new ExchangeLog(core, client, arrival.peer.remoteAddress);
    this.#times = new ExchangeTimes(core.deadlines, client);
    this.#evidence = { isIdempotent: false, isReplayable: false, attempts: 0 };
    client.handler = this;
  }

  /** Nothing is under way. */
  get isIdle(): boolean {
    return this.#phase === 'none';
  }

  requestStarted(): void {
    const { request } = this.#client;
    this.#begin();
    const upstream = this.#gate.pass(request, this.#out);
    this.#upstream = upstream;
    this.#log.start(request);
    this.#times.start(upstream?.settings.timeouts);
    if (upstream?.state === 'ready') this.#enter(upstream);
    if (request.expectsContinue) this.#dispatch();
  }

  requestBytes(bytes: Buffer, start: number, end: number): void {
    if (this.#phase === 'over' || this.#phase === 'none') return;
    this.#times.moved();
    if (this.#gate.error !== undefined) return;
    if (!this.#gate.countBody(end - start)) {
      this.#giveUp('body_too_large', 'the content of the request is too large');
      return;
    }
    if (!this.#out.body(this.#client.wire, bytes, start, end)) this.#client.wire.pause();
  }

  requestText(text: string): void {
    this.#out.bodyText(text);
  }

  requestEnded(): void {
    this.#out.isWhole = true;
    this.#times.requestEnded(this.#origin);
    if (this.#phase === 'reading') this.#dispatch();
    else this.#out.flush();
  }

  requestFlushed(): void {
    if (this.#phase === 'reading') this.#dispatch();
    else this.#out.flush();
  }

  requestRefused({ code, reason }: WireFault): void {
    if (this.#phase === 'over') {
      this.#client.close();
      return;
    }
    if (this.#phase === 'none') {
      this.#begin();
      this.#log.startRefused();
    }
    if (code === 'message_truncated' && this.#client.hasEnded) this.#cancel();
    else this.#giveUp(code, reason);
  }

  halfClosed(): void {
    if (this.#phase === 'tunnel') this.#tunnelEnds(this.#origin?.wire);
    else this.#times.probe();
  }

  tunnelBytes(bytes: Buffer, start: number, end: number): void {
    const { wire } = this.#origin as OriginConnection;
    this.#times.tunnelMoved(this.#origin);
    wire.passOn(this.#client.wire, bytes, start, end);
    wire.flush();
    if (wire.isBlocked) this.#client.wire.pause();
  }

  clientDrained(): void {
    this.#origin?.wire.resume();
  }

  clientExpired(nowMs: number): void {
    const due = this.#times.due(nowMs, this.#relay.hasBegun, this.#origin?.wire.isBlocked === true);
    if (due === 'total') this.#giveUp('total_timeout', 'the request took longer than it may in all');
    else if (due === 'body') this.#giveUp('body_timeout', 'the body of the request stopped coming');
    else if (due === 'gone') this.#cancel();
  }

  clientClosed(): void {
    if (this.#phase !== 'none' && this.#phase !== 'over') this.#cancel();
    this.#phase = 'over';
  }

  originConnected(): void {
    const origin = this.#origin;
    if (origin !== undefined) this.#send(origin);
  }

  responseStarted(): void {
    const origin = this.#origin as OriginConnection;
    const { status } = origin.response;
    if (status === 101) {
      this.#switchProtocol(origin);
      return;
    }
    if (status === 100) this.#times.continued(origin, this.#out.isWhole);
    if (status < 200) {
      this.#relay.interim(origin);
      return;
    }
    this.#log.answered(status);
    if (this.#retriesStatus(status)) {
      this.#settle({ kind: 'responded', status }, undefined);
      origin.drop();
      this.#out.detach();
      this.#attempt(this.#upstream as Upstream);
      return;
    }
    this.#times.answered(origin);
    this.#relay.begin(origin, !this.#mayKeepClient());
  }

  responseBytes(bytes: Buffer, start: number, end: number): void {
    const origin = this.#origin as OriginConnection;
    this.#times.answered(origin);
    if (!this.#relay.body(origin, bytes, start, end)) origin.wire.pause();
  }

  responseText(text: string): void {
    this.#client.wire.text(text);
  }

  responseEnded(): void {
    const origin = this.#origin as OriginConnection;
    this.#relay.end();
    this.#settle({ kind: 'responded', status: this.#relay.status }, undefined);
    this.#origin = undefined;
    if (this.#out.isWhole) this.#destination?.pool.release(origin);
    else origin.drop();
    this.#finish(!this.#relay.needsClose && this.#out.isWhole);
  }

  responseFlushed(): void {
    this.#client.wire.flush();
  }

  originTunnelBytes(bytes: Buffer, start: number, end: number): void {
    const origin = this.#origin as OriginConnection;
    this.#times.tunnelMoved(origin);
    this.#client.wire.passOn(origin.wire, bytes, start, end);
    this.#client.wire.flush();
    if (this.#client.wire.isBlocked) origin.wire.pause();
  }

  originTunnelEnded(): void {
    this.#tunnelEnds(this.#client.wire);
  }

  originDrained(): void {
    this.#client.wire.resume();
  }

  originFailed(failure: OriginFailure): void {
    const origin = this.#origin;
    this.#origin = undefined;
    this.#out.detach();
    if (this.#phase === 'tunnel') {
      this.#endTunnel();
      return;
    }
    if (this.#relay.hasBegun) {
      this.#giveUp('answer_truncated', failure.message, failure);
      return;
    }
    const evidence = this.#weigh();
    if (failure.code === 'closed_before_answer' && origin?.isReused === true && !this.#isFresh) {
      if (evidence.isIdempotent && evidence.isReplayable) {
        this.#isFresh = true;
        this.#log.resent();
        this.#connect();
        return;
      }
    }
    const settings = this.#lane?.upstream.settings.retry;
    const retries = settings !== undefined && mayRetryFailure(failure.code, evidence, settings);
    if (!retries || !this.#hasBudget(failure.code)) {
      this.#giveUp(failure.code, failure.message, failure);
      return;
    }
    this.#settle({ kind: 'failed', cause: failure }, failure.code);
    this.#attempt(this.#upstream as Upstream);
  }

  #begin(): void {
    this.#phase = 'reading';
    this.#serial += 1;
    this.#attempts = 0;
    this.#isFresh = false;
    this.#upstream = undefined;
    this.#lane = undefined;
    this.#destination = undefined;
    this.#relay.reset();
  }

  #dispatch(): void {
    const { error } = this.#gate;
    const upstream = this.#upstream;
    if (error !== undefined || upstream === undefined) {
      this.#giveUp(error?.code ?? 'proxy_failed', error?.message ?? 'the request led nowhere');
      return;
    }
    if (upstream.state === 'waiting') this.#discover(upstream);
    else this.#attempt(upstream);
  }

  /** The upstream exists: what is kept for it can be used, and its name may be counted under. */
  #enter(upstream: Upstream): Lane {
    const lane = this.#core.lane(upstream);
    this.#lane = lane;
    this.#log.bind(lane);
    lane.budget.request(this.#core.deadlines.coarseNowMs);
    return lane;
  }

  #discover(upstream: Upstream): void {
    const serial = this.#serial;
    this.#phase = 'discovering';
    const goOn = () => {
      if (this.#serial === serial && this.#phase === 'discovering') this.#attempt(upstream);
    };
    upstream.whenKnown(this.#core.settings.discoveryMs).then(goOn, goOn);
  }

  /** Leases an endpoint, another than the last if there is one, and tries it. */
  #attempt(upstream: Upstream): void {
    const last = this.#lease?.endpoint;
    this.#lease = upstream.acquire(last, this.#gate.hash);
    if (this.#lease === undefined) {
      if (upstream.refusal === 'limit') {
        this.#giveUp('limit_reached', `too many requests to ${upstream.key} are under way`);
        return;
      }
      if (upstream.state === 'absent') {
        this.#giveUp('service_not_found', `there is no service ${upstream.key} in the catalog`);
        return;
      }
      this.#giveUp('no_instance', `no instance of ${upstream.key} can be used now`);
      return;
    }
    this.#attempts += 1;
    this.#isFresh = false;
    const lane = this.#lane ?? this.#enter(upstream);
    this.#destination = lane.destination(this.#lease.endpoint);
    this.#log.attempt(this.#lease.endpoint);
    this.#connect();
  }

  /** Takes an idle connection, or opens one, or waits until one may be had. */
  #connect(): void {
    const { pool } = this.#destination as Destination;
    const { settings } = (this.#lane as Lane).upstream;
    const idle = this.#isFresh ? undefined : pool.take();
    if (idle !== undefined) {
      this.#origin = idle;
      this.#send(idle);
      return;
    }
    this.#phase = 'connecting';
    if (pool.isFull) {
      if (settings.limits.pending > 0 && pool.waitingCount >= settings.limits.pending) {
        this.#giveUp('limit_reached', 'too many requests wait for a connection');
        return;
      }
      this.#stopWaiting = pool.wait(() => {
        this.#stopWaiting = undefined;
        this.#connect();
      });
      return;
    }
    try {
      this.#origin = pool.connect(this, this.#times.after(settings.timeouts.connectMs));
    } catch (error) {
      if (!(error instanceof OriginFailure)) throw error;
      this.originFailed(error);
    }
  }

  #send(origin: OriginConnection): void {
    this.#phase = 'sent';
    origin.begin(this, this.#out.isHead);
    if (this.#out.isWhole || this.#client.request.expectsContinue) this.#times.asked(origin);
    this.#out.sendTo(origin, (this.#destination as Destination).hostLine, this.#log.attemptFields);
    this.#client.wire.resume();
  }

  #switchProtocol(origin: OriginConnection): void {
    if (!this.#out.isUpgrade || !origin.response.upgradesToWebSocket) {
      origin.fail('answer_malformed', 'the origin switched protocols without being asked');
      return;
    }
    this.#phase = 'tunnel';
    this.#log.answered(101);
    this.#relay.switchProtocol(origin);
    origin.becomeTunnel();
    this.#times.tunnelMoved(origin);
    this.#client.becomeTunnel();
  }

  /** One side has ended: the other hears of it, and has a moment left for what it still has to say. */
  #tunnelEnds(other: Wire | undefined): void {
    this.#times.tunnelEnds(this.#origin);
    other?.end();
  }

  #endTunnel(): void {
    this.#settle({ kind: 'responded', status: 101 }, undefined);
    this.#over();
    this.#client.close();
  }

  #retriesStatus(status: number): boolean {
    if (status < 502) return false;
    const { retry } = (this.#lane as Lane).upstream.settings;
    return mayRetryStatus(status, this.#weigh(), retry) && this.#hasBudget(undefined);
  }

  #weigh(): AttemptEvidence {
    this.#evidence.isIdempotent = this.#out.isIdempotent;
    this.#evidence.isReplayable = this.#out.isReplayable;
    this.#evidence.attempts = this.#attempts;
    return this.#evidence;
  }

  /** A request that never left costs the upstream nothing: it needs no budget. */
  #hasBudget(code: ProxyErrorCode | undefined): boolean {
    if (code === 'connect_failed' || code === 'connect_timeout' || code === 'address_refused') return true;
    return (this.#lane as Lane).budget.retry(this.#core.deadlines.nowMs());
  }

  #mayKeepClient(): boolean {
    return this.#client.request.keepAlive && this.#out.isWhole && !this.#core.isDraining && this.#client.mayFollow;
  }

  /** Ends the request with an error: as an answer if there was none yet, else by breaking the connection. */
  #giveUp(code: ProxyErrorCode, reason: string, failure?: OriginFailure): void {
    const wasRelaying = this.#relay.hasBegun;
    const cause = failure ?? new ProxyError(code, reason);
    this.#settle(cause.side === 'upstream' ? { kind: 'failed', cause } : { kind: 'cancelled' }, code);
    this.#release();
    this.#log.failed(code, reason);
    if (wasRelaying) {
      this.#over();
      this.#client.abort();
      return;
    }
    const closes = cause.side === 'app' && code !== 'service_not_found' && code !== 'request_denied';
    const keep = this.#mayKeepClient() && (!closes || code === 'bad_service_name');
    const { wallMs } = this.#core;
    const isHead = this.#out.isHead;
    this.#client.wire.text(errorResponse({ code, reason, isHead, closes: !keep, nowMs: wallMs() }));
    this.#finish(keep);
  }

  /** The caller has gone. */
  #cancel(): void {
    this.#settle({ kind: 'cancelled' }, 'cancelled');
    this.#release();
    this.#log.failed('cancelled', 'the caller went away');
    this.#over();
    this.#client.abort();
  }

  #settle(outcome: Outcome, error: ProxyErrorCode | 'cancelled' | undefined): void {
    if (this.#lease === undefined) return;
    this.#lease.settle(outcome);
    this.#log.attemptEnded(error);
  }

  /** Lets go of the origin, whatever it is doing. */
  #release(): void {
    this.#stopWaiting?.();
    this.#stopWaiting = undefined;
    this.#origin?.drop();
    this.#origin = undefined;
    this.#out.detach();
  }

  #over(): void {
    this.#phase = 'over';
    this.#lease = undefined;
    this.#log.end();
  }

  #finish(keep: boolean): void {
    this.#over();
    this.#phase = this.#client.isReceiving ? 'over' : 'none';
    this.#client.responseEnded(keep);
  }
}
