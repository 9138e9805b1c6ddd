import type { EndedRequest } from '../admin/request-feed.ts';
import type { RequestRecord } from '../proxy/recorder.ts';

/** A request that has ended, as `/events` shows it. */
export function endedRequest(record: RequestRecord): EndedRequest {
  const { method, path, upstream, status, error, durationMs, resends, endpoint, traceId } = record;
  return { method, path, upstream: upstream?.key, status, error, durationMs, resends, instance: endpoint?.id, traceId };
}
