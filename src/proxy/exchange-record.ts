import type { Endpoint } from '../upstream/endpoint.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { ProxyErrorCode } from './proxy-error.ts';
import type { AttemptRecord, RequestRecord } from './recorder.ts';

/** The {@link RequestRecord} of a connection's present request, filled in as it goes. */
export class ExchangeRecord implements RequestRecord {
  method = '';
  methodIndex = 0;
  upstream: Upstream | undefined = undefined;
  endpoint: Endpoint | undefined = undefined;
  status = 0;
  error: ProxyErrorCode | 'cancelled' | undefined = undefined;
  reason: string | undefined = undefined;
  durationMs = 0;
  resends = 0;
  bytesIn = 0;
  bytesOut = 0;
  remoteAddress = '';
  traceId: string | undefined = undefined;
  spanId: string | undefined = undefined;
  minorVersion = 1;
  isHttp2 = false;
  /** With the query, which nobody may read. */
  #target = '';

  /** The target as it came. */
  set target(target: string) {
    this.#target = target;
  }

  /** Cut out of the target when it is asked for: few requests are logged or shown. */
  get path(): string {
    return pathOf(this.#target);
  }
}

/** The path in a target: without scheme, authority (which may carry a password) and query. */
function pathOf(target: string): string {
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  return path.startsWith('/') ? path : path.replace(/^[^/]*\/\/[^/]*/, '');
}

/** The {@link AttemptRecord} of a connection's present attempt. */
export class ExchangeAttemptRecord implements AttemptRecord {
  methodIndex = 0;
  upstream!: Upstream;
  endpoint!: Endpoint;
  status = 0;
  error: ProxyErrorCode | 'cancelled' | undefined = undefined;
  durationMs = 0;
  resends = 0;
  traceId: string | undefined = undefined;
  spanId: string | undefined = undefined;
}
