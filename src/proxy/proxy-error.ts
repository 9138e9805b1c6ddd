import type { OriginFailureCode } from '../http1/origin-failure.ts';
import type { WireFaultCode } from '../http1/wire-fault.ts';
import { CodedError, type ErrorSide } from '../runtime/coded-error.ts';

/** Everything that can go wrong with a request, by code: http1's own, and the proxy's. */
export type ProxyErrorCode =
  | OriginFailureCode
  | WireFaultCode
  | 'bad_service_name'
  | 'method_not_allowed'
  | 'request_denied'
  | 'body_timeout'
  | 'service_not_found'
  | 'no_instance'
  | 'limit_reached'
  | 'too_many_connections'
  | 'total_timeout'
  | 'proxy_loop'
  | 'proxy_failed';

/** Why a request is not answered by an origin. */
export class ProxyError extends CodedError {
  declare readonly code: ProxyErrorCode;

  constructor(code: ProxyErrorCode, reason: string, cause?: unknown) {
    super(reason, { code, side: rowOf(code).side, retryable: false, cause });
  }
}

/** A line of the error table in docs: what the caller gets. */
interface ErrorRow {
  readonly status: number;
  /** RFC 9209 §2.3, or the contract's own `http_request_denied` and `proxy_loop_detected`. */
  readonly proxyStatus: string;
  readonly side: ErrorSide;
  readonly retryAfterSeconds?: number;
}

const app = (status: number, proxyStatus = 'http_request_error'): ErrorRow => ({ status, proxyStatus, side: 'app' });
const upstream = (status: number, proxyStatus: string): ErrorRow => ({ status, proxyStatus, side: 'upstream' });

/** The one place that says which error gives which status and `Proxy-Status`. */
const rows: Readonly<Record<ProxyErrorCode, ErrorRow>> = {
  malformed: app(400),
  message_truncated: app(400),
  head_timeout: app(408),
  body_timeout: app(408),
  body_too_large: app(413),
  target_too_long: app(414),
  head_too_large: app(431),
  bad_service_name: app(400),
  method_not_allowed: app(405),
  request_denied: app(403, 'http_request_denied'),
  service_not_found: app(404, 'destination_not_found'),
  no_instance: { ...upstream(503, 'destination_unavailable'), retryAfterSeconds: 1 },
  limit_reached: { status: 503, proxyStatus: 'connection_limit_reached', side: 'internal', retryAfterSeconds: 1 },
  too_many_connections: {
    status: 503,
    proxyStatus: 'connection_limit_reached',
    side: 'internal',
    retryAfterSeconds: 1,
  },
  no_sockets: { status: 503, proxyStatus: 'connection_limit_reached', side: 'internal', retryAfterSeconds: 1 },
  address_refused: upstream(502, 'destination_ip_prohibited'),
  name_unresolved: upstream(502, 'dns_error'),
  connect_failed: upstream(502, 'connection_refused'),
  certificate_refused: upstream(502, 'tls_certificate_error'),
  tls_failed: upstream(502, 'tls_protocol_error'),
  closed_before_answer: upstream(502, 'connection_terminated'),
  answer_cut_short: upstream(502, 'connection_terminated'),
  stream_refused: upstream(502, 'connection_terminated'),
  connect_timeout: upstream(504, 'connection_timeout'),
  answer_timeout: upstream(504, 'http_response_timeout'),
  total_timeout: upstream(504, 'http_response_timeout'),
  answer_malformed: upstream(502, 'http_protocol_error'),
  answer_truncated: upstream(502, 'http_response_incomplete'),
  answer_stalled: upstream(504, 'http_response_timeout'),
  proxy_loop: app(502, 'proxy_loop_detected'),
  proxy_failed: { status: 500, proxyStatus: 'proxy_internal_error', side: 'internal' },
};

function rowOf(code: ProxyErrorCode): ErrorRow {
  return rows[code];
}

/** The status that the caller gets for an error. */
export function statusOf(code: ProxyErrorCode): number {
  return rows[code].status;
}

/** Whether the caller may go on using its connection after this error, as far as the error goes. */
export function keepsConnection(code: ProxyErrorCode): boolean {
  // After what could not be understood, nothing that follows can be trusted to be a request.
  return rows[code].side !== 'app' || KEEPING.has(code);
}

const KEEPING: ReadonlySet<ProxyErrorCode> = new Set(['service_not_found', 'request_denied', 'bad_service_name']);

/** What {@link errorResponse} needs besides the error. */
export interface ErrorResponseOptions {
  readonly code: ProxyErrorCode;
  /** What happened, for the caller's developer. Never contains bytes of the request besides a valid service name. */
  readonly reason: string;
  /** Answers a HEAD: no content is sent. */
  readonly isHead: boolean;
  /** The connection is closed after it. */
  readonly closes: boolean;
  readonly nowMs: number;
}

/** A whole answer of our own: problem+json (RFC 9457) with Proxy-Status (RFC 9209). */
export function errorResponse({ code, reason, isHead, closes, nowMs }: ErrorResponseOptions): string {
  const { status, proxyStatus, retryAfterSeconds } = rows[code];
  const title = phrases.get(status) ?? 'Error';
  const content = JSON.stringify({ type: 'about:blank', title, status, detail: reason, code });
  return (
    `HTTP/1.1 ${status} ${title}\r\n` +
    `Content-Type: application/problem+json\r\n` +
    `Content-Length: ${Buffer.byteLength(content)}\r\n` +
    `Proxy-Status: pilotfish; error=${proxyStatus}\r\n` +
    `Date: ${new Date(nowMs).toUTCString()}\r\n` +
    (retryAfterSeconds === undefined ? '' : `Retry-After: ${retryAfterSeconds}\r\n`) +
    (code === 'method_not_allowed' ? 'Allow: GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH\r\n' : '') +
    (closes ? 'Connection: close\r\n' : '') +
    `\r\n${isHead ? '' : Buffer.from(content).toString('latin1')}`
  );
}

const phrases: ReadonlyMap<number, string> = new Map([
  [400, 'Bad Request'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [405, 'Method Not Allowed'],
  [408, 'Request Timeout'],
  [413, 'Content Too Large'],
  [414, 'URI Too Long'],
  [431, 'Request Header Fields Too Large'],
  [500, 'Internal Server Error'],
  [502, 'Bad Gateway'],
  [503, 'Service Unavailable'],
  [504, 'Gateway Timeout'],
]);
