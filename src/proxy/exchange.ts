import type { ClientConnection } from '../http1/client-connection.ts';
import type { ClientHandler } from '../http1/client-handler.ts';
import type { OriginConnection } from '../http1/origin-connection.ts';
import type { OriginFailure } from '../http1/origin-failure.ts';
import type { OriginHandler } from '../http1/origin-handler.ts';
import type { WireFault } from '../http1/wire-fault.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { AttemptLedger } from './attempt-ledger.ts';
import { AttemptLoop } from './attempt-loop.ts';
import { DiscoveryWait } from './discovery-wait.ts';
import { ExchangeLog } from './exchange-log.ts';
import { ExchangeTimes } from './exchange-times.ts';
import { OutgoingRequest } from './outgoing-request.ts';
import type { Arrival, ProxyCore } from './proxy-core.ts';
import { errorResponse, keepsConnection, type ProxyErrorCode } from './proxy-error.ts';
import { RequestGate } from './request-gate.ts';
import { ResponseRelay } from './response-relay.ts';
import { Tunnel } from './tunnel.ts';

/**
 * Where a request is: there is none; what has come of it so far is being read; its upstream is being discovered; it is
 * tried at endpoints; it has become a tunnel; it has been answered or given up, and what still comes of it is ignored.
 */
type Phase = 'none' | 'reading' | 'discovering' | 'trying' | 'tunnel' | 'over';

/**
 * The life of one request after the other on a client connection: read, routed, tried at an endpoint or at two, its
 * answer passed on, the lease settled. A state machine that its two connections drive; it is made once per connection,
 * and nothing in it is made anew for a request.
 */
export class Exchange implements ClientHandler, OriginHandler {
  readonly #core: ProxyCore;
  readonly #client: ClientConnection;
  readonly #gate: RequestGate;
  readonly #out: OutgoingRequest = new OutgoingRequest();
  readonly #relay: ResponseRelay;
  readonly #log: ExchangeLog;
  readonly #times: ExchangeTimes;
  readonly #ledger: AttemptLedger;
  readonly #attempts: AttemptLoop;
  readonly #discovery: DiscoveryWait;
  readonly #tunnel: Tunnel;
  #phase: Phase = 'none';
  #upstream: Upstream | undefined = undefined;

  constructor(core: ProxyCore, client: ClientConnection, arrival: Arrival) {
    this.#core = core;
    this.#client = client;
    this.#relay = new ResponseRelay(client);
    this.#log = new ExchangeLog(core, client, arrival);
    this.#gate = new RequestGate(core, arrival, this.#log.trace);
    this.#times = new ExchangeTimes(core.deadlines, client);
    this.#ledger = new AttemptLedger(core, this.#out, this.#log);
    const parts = { core, client, out: this.#out, log: this.#log, ledger: this.#ledger, times: this.#times };
    this.#attempts = new AttemptLoop(parts, this);
    this.#discovery = new DiscoveryWait({
      core,
      gate: this.#gate,
      out: this.#out,
      goOn: (known) => this.#try(known),
    });
    this.#tunnel = new Tunnel(client, this.#times);
    client.handler = this;
  }

  requestStarted(): void {
    const { request } = this.#client;
    this.#begin();
    const upstream = this.#gate.pass(request, this.#out);
    this.#upstream = upstream;
    this.#log.start(request);
    this.#times.start(upstream?.settings.timeouts, this.#gate.callerMs);
    if (upstream?.state === 'ready') this.#ledger.enter(upstream);
    if (request.expectsContinue) this.#dispatch();
  }

  requestBytes(bytes: Buffer, start: number, end: number): void {
    if (this.#phase === 'over' || this.#phase === 'none') return;
    this.#times.moved();
    if (this.#gate.error !== undefined) return;
    if (!this.#gate.countBody(end - start)) this.giveUp('body_too_large', 'the content of the request is too large');
    else if (!this.#out.body(this.#client.wire, bytes, start, end)) this.#client.wire.pause();
  }

  requestText(text: string): void {
    this.#out.bodyText(text);
  }

  requestEnded(): void {
    this.#out.isWhole = true;
    this.#times.requestEnded(this.#attempts.origin);
    this.requestFlushed();
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
    if (code === 'message_truncated') this.#cancel();
    else this.giveUp(code, reason);
  }

  halfClosed(): void {
    if (this.#phase === 'tunnel') this.#tunnel.clientEnded();
    else this.#times.probe();
  }

  tunnelBytes(bytes: Buffer, start: number, end: number): void {
    this.#tunnel.fromClient(bytes, start, end);
  }

  clientDrained(): void {
    this.#attempts.origin?.wire.resume();
  }

  clientExpired(nowMs: number): void {
    const due = this.#times.due(nowMs, this.#relay.hasBegun, this.#attempts.origin?.wire.isBlocked === true);
    if (due === 'total') this.giveUp('total_timeout', 'the request took longer than it may in all');
    else if (due === 'body') this.giveUp('body_timeout', 'the body of the request stopped coming');
    else if (due === 'gone') this.#cancel();
  }

  clientClosed(): void {
    if (this.#phase === 'tunnel') this.#endTunnel();
    else if (this.#phase !== 'none' && this.#phase !== 'over') this.#cancel();
    this.#phase = 'over';
  }

  originConnected(): void {
    const { origin } = this.#attempts;
    if (origin !== undefined) this.#attempts.send(origin);
  }

  responseStarted(): void {
    const origin = this.#attempts.origin as OriginConnection;
    const { status } = origin.response;
    if (status === 101) {
      this.#switchProtocol(origin);
    } else if (status < 200) {
      if (status === 100) this.#times.continued(origin, this.#out.isWhole);
      this.#relay.interim(origin);
    } else {
      this.#log.answered(status);
      if (this.#attempts.goesOnAfterStatus(status, this.#gate.hash)) return;
      this.#times.moves(origin);
      this.#relay.begin(origin, !this.#mayKeepClient());
    }
  }

  responseBytes(bytes: Buffer, start: number, end: number): void {
    const origin = this.#attempts.origin as OriginConnection;
    this.#times.moves(origin);
    if (!this.#relay.body(origin, bytes, start, end)) origin.wire.pause();
  }

  responseText(text: string): void {
    this.#client.wire.text(text);
  }

  responseEnded(): void {
    this.#relay.end();
    this.#ledger.settle({ kind: 'responded', status: this.#relay.status }, undefined);
    this.#attempts.release();
    this.#finish(!this.#relay.needsClose && this.#out.isWhole);
  }

  responseFlushed(): void {
    this.#client.wire.flush();
  }

  originTunnelBytes(bytes: Buffer, start: number, end: number): void {
    this.#tunnel.fromOrigin(bytes, start, end);
  }

  originTunnelEnded(): void {
    this.#tunnel.originEnded();
  }

  originDrained(): void {
    this.#client.wire.resume();
  }

  originFailed(failure: OriginFailure): void {
    this.#out.detach();
    if (this.#phase === 'tunnel') {
      this.#endTunnel();
      this.#client.close();
    } else if (this.#relay.hasBegun) {
      this.giveUp('answer_truncated', failure.message, failure);
    } else if (!this.#attempts.goesOnAfterFailure(failure, this.#gate.hash)) {
      this.giveUp(failure.code, failure.message, failure);
    }
  }

  /** Ends the request with an error: as an answer if none has begun, else by breaking the connection off. */
  giveUp(code: ProxyErrorCode, reason: string, failure?: OriginFailure): void {
    this.#ledger.fail(code, reason, failure);
    this.#attempts.drop();
    if (this.#relay.hasBegun) {
      this.#over();
      this.#client.abort();
      return;
    }
    const keep = this.#mayKeepClient() && keepsConnection(code);
    const nowMs = this.#core.wallMs();
    this.#client.wire.text(errorResponse({ code, reason, isHead: this.#out.isHead, closes: !keep, nowMs }));
    this.#finish(keep);
  }

  #begin(): void {
    this.#phase = 'reading';
    this.#upstream = undefined;
    this.#attempts.reset();
    this.#relay.reset();
  }

  /** What has come of the request is enough to send it, or to answer that it cannot be sent. */
  #dispatch(): void {
    const { error } = this.#gate;
    const upstream = this.#upstream;
    if (error !== undefined || upstream === undefined) {
      this.giveUp(error?.code ?? 'proxy_failed', error?.message ?? 'the request led nowhere');
    } else if (this.#ledger.lane === undefined && upstream.state === 'waiting') {
      this.#phase = 'discovering';
      this.#discovery.begin(upstream);
    } else {
      this.#try(upstream);
    }
  }

  #try(upstream: Upstream): void {
    this.#phase = 'trying';
    this.#attempts.attempt(upstream, this.#gate.hash);
  }

  #switchProtocol(origin: OriginConnection): void {
    if (!this.#out.isUpgrade || !origin.response.upgradesToWebSocket || !this.#out.isWhole) {
      origin.fail('answer_malformed', 'the origin switched protocols without being asked');
      return;
    }
    this.#phase = 'tunnel';
    this.#log.answered(101);
    this.#relay.switchProtocol(origin);
    this.#tunnel.open(origin);
  }

  #endTunnel(): void {
    this.#tunnel.close();
    this.#ledger.settle({ kind: 'responded', status: 101 }, undefined);
    this.#attempts.drop();
    this.#over();
  }

  #mayKeepClient(): boolean {
    // What a caller sends behind a request for a tunnel was meant for the tunnel: without one it must not become a request.
    const mayFollow = this.#client.mayFollow && !this.#out.isUpgrade;
    return this.#client.request.keepAlive && this.#out.isWhole && !this.#core.isDraining && mayFollow;
  }

  /** The caller has gone. */
  #cancel(): void {
    this.#ledger.cancel();
    this.#attempts.drop();
    this.#over();
    this.#client.abort();
  }

  #over(): void {
    this.#phase = 'over';
    this.#discovery.end();
    this.#out.end();
    this.#log.end();
  }

  #finish(keep: boolean): void {
    this.#over();
    if (!this.#client.isReceiving) this.#phase = 'none';
    this.#client.responseEnded(keep);
  }
}
