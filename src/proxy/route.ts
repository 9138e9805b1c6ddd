import { Method } from '../http1/method.ts';
import type { RequestHead } from '../http1/request-head.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { classifyHost, type HostKind, parseServiceSegment } from './host-name.ts';
import type { Arrival } from './proxy-core.ts';
import { ProxyError } from './proxy-error.ts';
import type { UpstreamDirectory } from './upstream-directory.ts';

/** Which part of a request names the upstream. */
export type RouteForm = 'path' | 'host' | 'listener';

const BAD_NAME = 'the first segment of the path is not [tag.]name[@datacenter] with names as Consul takes them';
const NO_HTTP = 'only http:// targets are taken: pilotfish is no proxy for other schemes';

/**
 * Finds the upstream of a request. What it finds is all that counts: the upstream that is asked, its policy, its label
 * in metrics and the target that is sent on come from the same parse. One is reused for all requests of a connection.
 */
export class Route {
  upstream: Upstream | undefined = undefined;
  form: RouteForm = 'path';
  /** The target to send on: the rest of the path and the query, byte for byte. */
  rest = '';
  /** The authority that the caller used. */
  host = '';
  error: ProxyError | undefined = undefined;
  readonly #upstreams: UpstreamDirectory;
  readonly #arrival: Arrival;
  #lastHost: string | undefined = undefined;
  #lastKind: HostKind = { kind: 'malformed' };

  constructor(upstreams: UpstreamDirectory, arrival: Arrival) {
    this.#upstreams = upstreams;
    this.#arrival = arrival;
  }

  /** Finds it; returns false with `error` set when the request leads nowhere. */
  find(request: RequestHead): boolean {
    this.upstream = undefined;
    this.error = undefined;
    this.form = 'path';
    const { methodIndex, target } = request;
    if (methodIndex === Method.CONNECT || methodIndex === Method.TRACE) {
      return this.#fail('method_not_allowed', 'CONNECT and TRACE are not taken');
    }
    this.rest = target;
    // The host stays the same for most of a connection's requests, and with it what was made of it.
    if (request.host < 0) this.host = '';
    else if (!request.is(request.host, this.host)) this.host = request.text(request.host) ?? '';
    if (target.charCodeAt(0) !== 0x2f && !this.#readAbsolute(target, methodIndex)) return false;
    const host = this.host === '' && request.host < 0 ? LOCAL : this.#classify(this.host);
    if (host.kind === 'malformed') return this.#fail('malformed', 'Host is not one host name or address');
    if (host.kind === 'foreign' && !this.#arrival.isUnguarded) {
      if (this.rest !== target) return this.#fail('service_not_found', FOREIGN_TARGET);
      return this.#fail('request_denied', FOREIGN_HOST);
    }
    const { pinned } = this.#arrival;
    if (pinned !== undefined) return this.#take('listener', pinned());
    if (host.kind === 'service') return this.#take('host', this.#upstreams.open(host.name));
    if (host.kind === 'label' && !this.#arrival.isUnguarded) return this.#takeLabel(host.name.name);
    return this.#findByPath();
  }

  #readAbsolute(target: string, methodIndex: number): boolean {
    if (target === '*') {
      return methodIndex === Method.OPTIONS || this.#fail('malformed', 'the target * is for OPTIONS only');
    }
    const match = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?]*)(.*)$/.exec(target);
    if (match === null) return this.#fail('malformed', 'the target is neither a path nor an absolute URL');
    const [, scheme = '', authority = '', rest = ''] = match;
    if (scheme.toLowerCase() !== 'http') return this.#fail('malformed', NO_HTTP);
    this.host = authority;
    this.rest = rest.charCodeAt(0) === 0x2f ? rest : `/${rest}`;
    return true;
  }

  #findByPath(): boolean {
    const { rest } = this;
    if (rest === '*') return this.#fail('bad_service_name', BAD_NAME);
    let end = 1;
    for (; end < rest.length; end++) {
      const char = rest.charCodeAt(end);
      if (char === 0x2f || char === 0x3f) break;
    }
    const segment = rest.slice(1, end);
    this.rest = rest.charCodeAt(end) === 0x2f ? rest.slice(end) : `/${rest.slice(end)}`;
    const open = this.#upstreams.get(segment);
    if (open !== undefined) return this.#take('path', open);
    const name = parseServiceSegment(segment);
    if (name === undefined) return this.#fail('bad_service_name', BAD_NAME);
    return this.#take('path', this.#upstreams.open(name));
  }

  #takeLabel(label: string): boolean {
    const upstream = this.#upstreams.get(label);
    if (upstream === undefined || upstream.state === 'absent') return this.#fail('request_denied', FOREIGN_HOST);
    return this.#take('host', upstream);
  }

  #take(form: RouteForm, upstream: Upstream): boolean {
    this.form = form;
    this.upstream = upstream;
    return true;
  }

  #classify(authority: string): HostKind {
    if (authority !== this.#lastHost) {
      this.#lastHost = authority;
      this.#lastKind = classifyHost(authority, this.#arrival.ownNames);
    }
    return this.#lastKind;
  }

  #fail(code: ProxyError['code'], reason: string): false {
    this.error = new ProxyError(code, reason);
    return false;
  }
}

/** What a caller that sends no Host (HTTP/1.0) must mean. */
const LOCAL: HostKind = { kind: 'local' };
const FOREIGN_TARGET = 'the target is no service: pilotfish is no proxy for the internet';
const FOREIGN_HOST = 'Host is neither this machine nor a service; add it to the proxy’s hosts if it should be allowed';
