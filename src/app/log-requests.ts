import type { ConnectionRecord, RequestRecord } from '../proxy/recorder.ts';
import type { AccessLog } from '../telemetry/access-log.ts';

/** Writes the access log's line for a request that has ended, if it gets one. */
export function logRequest(accessLog: AccessLog, record: RequestRecord): void {
  const { status, durationMs, traceId } = record;
  if (!accessLog.wants(status, durationMs, traceId !== undefined)) return;
  const { method, path, upstream, resends, endpoint, error, bytesIn, bytesOut } = record;
  accessLog.write({
    method,
    path,
    upstream: upstream?.key,
    status: status === 0 ? undefined : status,
    durationMs,
    attempts: resends + (endpoint === undefined ? 0 : 1),
    endpoint: endpoint === undefined ? undefined : `${endpoint.host}:${endpoint.port}`,
    errorType: error,
    traceId,
    requestBytes: bytesIn,
    responseBytes: bytesOut,
  });
}

/** Writes the access log's line for a TCP connection that has ended, if it gets one. */
export function logConnection(accessLog: AccessLog, record: ConnectionRecord): void {
  const { upstream, endpoint, error, durationMs, attempts, bytesIn, bytesOut } = record;
  accessLog.connection({
    upstream: upstream.key,
    durationMs,
    attempts,
    endpoint: endpoint === undefined ? undefined : `${endpoint.host}:${endpoint.port}`,
    errorType: error,
    receivedBytes: bytesIn,
    sentBytes: bytesOut,
  });
}
