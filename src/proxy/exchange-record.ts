import type { Endpoint } from '../upstream/endpoint.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { ProxyErrorCode } from './proxy-error.ts';
import type { AttemptRecord, RequestRecord } from './recorder.ts';

/** The {@link RequestRecord} of a connection's present request, filled in as it goes. */
export class ExchangeRecord implements RequestRecord {
  method = '';
  methodIndex = 0;
  path = '';
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
