import { inOnePiece } from '../http1/bytes.ts';
import type { RequestHead } from '../http1/request-head.ts';
import type { RequestFacts } from '../upstream/route-match.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { browserRefusal } from './browser-guard.ts';
import { coldRequest, diverted, headerOf } from './diverted-request.ts';
import type { ExchangeTrace } from './exchange-trace.ts';
import {
  forwardedFields,
  requestDrop,
  tracedRequestDrop,
  trustingRequestDrop,
  trustingTracedRequestDrop,
} from './forwarded-fields.ts';
import { hasBeenHere, type OutgoingRequest } from './outgoing-request.ts';
import type { Arrival, ProxyCore } from './proxy-core.ts';
import { ProxyError } from './proxy-error.ts';
import { Route } from './route.ts';
import { stickinessOf } from './stickiness.ts';

const NO_HTTP = 'the service takes TCP connections on a port of its own, and no requests';

/** Decides on a request's head alone where it goes, or why it goes nowhere. One per connection. */
export class RequestGate {
  /** Why the last request may not pass. */
  error: ProxyError | undefined = undefined;
  /** How long its caller waits, as it says; 0 = it does not say. */
  callerMs = 0;
  /** What the last request sticks to, for `ring-hash`. */
  hash: number | undefined = undefined;
  readonly #core: ProxyCore;
  readonly #arrival: Arrival;
  readonly #trace: ExchangeTrace;
  readonly #route: Route;
  /** What is kept of a request whose upstream is not known yet. */
  #cold: RequestFacts | undefined = undefined;
  #tailHost: string | undefined = undefined;
  #tail = '';
  #bodyBytes = 0;

  constructor(core: ProxyCore, arrival: Arrival, trace: ExchangeTrace) {
    this.#trace = trace;
    this.#core = core;
    this.#arrival = arrival;
    this.#route = new Route(core.upstreams, arrival);
  }

  /** Finds the upstream and prepares the request that goes to it; undefined with `error` set when there is none. */
  pass(request: RequestHead, out: OutgoingRequest): Upstream | undefined {
    const { settings, viaMark } = this.#core;
    const route = this.#route;
    this.error = undefined;
    this.#bodyBytes = 0;
    this.callerMs = settings.deadlineHeader === undefined ? 0 : millisecondsIn(request, settings.deadlineHeader);
    out.isHead = request.method === 'HEAD';
    out.isWhole = request.framing === 'none';
    if (!route.find(request)) return this.#refuse(route.error as ProxyError);
    const found = route.upstream;
    if (found === undefined) return undefined;
    if (!this.#arrival.isUnguarded && (request.origin >= 0 || request.secFetchSite >= 0)) {
      const refusal = browserRefusal(request, route.host, this.#arrival.ownNames);
      if (refusal !== undefined) return this.#refuse(new ProxyError('request_denied', refusal));
    }
    if (request.via >= 0 && hasBeenHere(request, viaMark)) {
      return this.#refuse(new ProxyError('proxy_loop', 'the request has come through this proxy before'));
    }
    if (settings.limits.bodyBytes > 0 && request.contentLength > settings.limits.bodyBytes) {
      return this.#refuse(new ProxyError('body_too_large', 'the content of the request is too large'));
    }
    const upstream = found.diversion === undefined ? found : this.#divert(found, request);
    this.#cold = found.state === 'waiting' ? coldRequest(request, route.rest) : undefined;
    const { retry, hashOn, protocol } = upstream.settings;
    if (protocol === 'tcp') return this.#refuse(new ProxyError('service_not_found', NO_HTTP));
    out.keepUpTo(retry.bufferBytes);
    const traceLines = this.#trace.decide(request);
    out.start(request, route, this.#dropTable(), this.#tailFor(route.host) + traceLines);
    this.hash = hashOn === undefined ? undefined : stickinessOf(request, hashOn, this.#arrival.peer.remoteAddress);
    return upstream;
  }

  /**
   * The upstream was new when the request came, and is known now: its traffic rules, if it has any, say where the request
   * goes on to.
   */
  settle(upstream: Upstream, out: OutgoingRequest): Upstream {
    const cold = this.#cold;
    this.#cold = undefined;
    if (cold === undefined || upstream.diversion === undefined) return upstream;
    const next = diverted(upstream, cold);
    if (next.target !== cold.target) out.retarget(cold.method, next.target);
    return next.upstream;
  }

  /** Counts content that came without its length being known before; false when it is too much. */
  countBody(bytes: number): boolean {
    const { bodyBytes } = this.#core.settings.limits;
    this.#bodyBytes += bytes;
    return bodyBytes === 0 || this.#bodyBytes <= bodyBytes;
  }

  #divert(upstream: Upstream, request: RequestHead): Upstream {
    const next = diverted(upstream, { method: request.method, target: this.#route.rest, header: headerOf(request) });
    this.#route.rest = next.target;
    return next.upstream;
  }

  #dropTable(): Uint8Array {
    if (this.#core.settings.trustForwarded)
      return this.#trace.replaces ? trustingTracedRequestDrop : trustingRequestDrop;
    return this.#trace.replaces ? tracedRequestDrop : requestDrop;
  }

  #refuse(error: ProxyError): undefined {
    this.error = error;
    return undefined;
  }

  /** The fields that say who calls: the same for a connection, as long as its Host stays the same. */
  #tailFor(host: string): string {
    if (host !== this.#tailHost) {
      const { peer, scheme } = this.#arrival;
      this.#tailHost = host;
      this.#tail = inOnePiece(forwardedFields(peer.remoteAddress, host, scheme, this.#core.settings.instanceId));
    }
    return this.#tail;
  }
}

/** The number in the field `name`, at least 1; 0 when it is not there or no number. */
function millisecondsIn({ fields, bytes }: RequestHead, name: string): number {
  const lower = name.toLowerCase();
  for (let index = 0; index < fields.count; index++) {
    if (fields.name(bytes, index) !== lower) continue;
    const value = fields.value(bytes, index);
    return /^\d{1,9}$/.test(value) ? Math.max(1, Number(value)) : 0;
  }
  return 0;
}
