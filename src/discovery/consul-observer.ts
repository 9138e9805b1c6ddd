import type { AnswerMeta } from '../consul/answer.ts';
import type { WatchObserver as ConsulWatchObserver } from '../consul/watch-observer.ts';
import { CodedError } from '../runtime/coded-error.ts';
import type { WatchObserver } from '../upstream/endpoint-source.ts';

/** Passes on to `observer` how a watch on Consul is doing. An answer that the agent itself calls old confirms nothing. */
export function consulObserver(observer: WatchObserver): ConsulWatchObserver {
  return {
    confirmed: () => observer.confirmed(),
    stale: (meta) => observer.failed(staleError(meta)),
    failed: (error) => observer.failed(error),
  };
}

/** What an answer means that the agent itself calls old. */
export function staleError(meta: Pick<AnswerMeta, 'ageMs' | 'lastContactMs'>): CodedError {
  const ageMs = meta.ageMs ?? meta.lastContactMs ?? 0;
  const message = `the Consul agent answers with a view ${ageMs} ms old: it is cut off from the servers, or they from their leader`;
  return new CodedError(message, { code: 'catalog_stale', side: 'internal', retryable: true });
}
