import { type ProxyErrorCode, statusOf } from './proxy-error.ts';

/** The statuses of gRPC that are given or acted on here; https://grpc.io/docs/guides/status-codes/. */
const GrpcStatus = {
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
} as const;

/** HTTP statuses by status of gRPC, as Envoy's `grpcToHttpStatus` has them: what an answer says of the endpoint's health. */
const HTTP_STATUSES: readonly number[] = [
  200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401,
];

/** Whether a request is a call of gRPC, by its content type. */
export function isGrpc(contentType: string | undefined): boolean {
  return contentType !== undefined && /^application\/grpc(?:$|[+;])/i.test(contentType);
}

/** The HTTP status that a status of gRPC stands for. An unknown one counts as UNKNOWN; an absent one too: the call broke. */
export function httpStatusOf(grpcStatus: string | undefined): number {
  const status = grpcStatus !== undefined && /^\d{1,2}$/.test(grpcStatus) ? Number(grpcStatus) : GrpcStatus.UNKNOWN;
  return HTTP_STATUSES[status] ?? 500;
}

const BY_CODE: ReadonlyMap<ProxyErrorCode, number> = new Map<ProxyErrorCode, number>([
  ['bad_service_name', GrpcStatus.UNIMPLEMENTED],
  ['service_not_found', GrpcStatus.UNIMPLEMENTED],
  ['method_not_allowed', GrpcStatus.UNIMPLEMENTED],
  ['request_denied', GrpcStatus.PERMISSION_DENIED],
  ['limit_reached', GrpcStatus.RESOURCE_EXHAUSTED],
  ['too_many_connections', GrpcStatus.RESOURCE_EXHAUSTED],
  ['body_too_large', GrpcStatus.RESOURCE_EXHAUSTED],
  ['head_too_large', GrpcStatus.RESOURCE_EXHAUSTED],
  ['target_too_long', GrpcStatus.RESOURCE_EXHAUSTED],
  ['body_timeout', GrpcStatus.CANCELLED],
  ['answer_malformed', GrpcStatus.INTERNAL],
  ['proxy_failed', GrpcStatus.INTERNAL],
  ['proxy_loop', GrpcStatus.INTERNAL],
]);

/** The status of gRPC for an error of the proxy's table. */
export function grpcStatusOf(code: ProxyErrorCode): number {
  const known = BY_CODE.get(code);
  if (known !== undefined) return known;
  const status = statusOf(code);
  if (status === 504) return GrpcStatus.DEADLINE_EXCEEDED;
  return status < 500 ? GrpcStatus.INVALID_ARGUMENT : GrpcStatus.UNAVAILABLE;
}

/** `grpc-message`: UTF-8, with everything percent-encoded but visible ASCII (and `%` itself). */
export function grpcMessage(text: string): string {
  let encoded = '';
  for (const byte of Buffer.from(text)) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    encoded += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}
