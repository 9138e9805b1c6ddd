import { redactText } from '../telemetry/redact.ts';

/** A request that has ended, as the feed is told of it; the object may be reused once the call returns. */
export interface EndedRequest {
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly upstream: string | undefined;
  /** 0: the caller got none. */
  readonly status: number;
  readonly error: string | undefined;
  readonly durationMs: number;
  /** Attempts after the first. */
  readonly resends: number;
  readonly instance: string | undefined;
  readonly traceId: string | undefined;
}

/** Which requests a subscriber wants; what is undefined does not matter. */
export interface RequestFilter {
  readonly upstream: string | undefined;
  readonly method: string | undefined;
  /** `404`, or a class as `5xx`. */
  readonly status: string | undefined;
  readonly minMs: number;
  /** Only those that failed, or were answered with a status from 500 on. */
  readonly errorsOnly: boolean;
}

/** At most so many requests a second are shown to a subscriber: to watch, not to count. */
const PER_SECOND = 25;
const MAX_PATH = 512;

interface Subscriber {
  readonly filter: RequestFilter;
  readonly tell: (atMs: number, data: object) => void;
  secondStartMs: number;
  told: number;
  skipped: number;
}

/** Shows requests as they end to those who asked, a bounded number a second. Nobody asking costs a comparison a request. */
export class RequestFeed {
  readonly #subscribers = new Set<Subscriber>();
  readonly #wallMs: () => number;

  constructor(wallMs: () => number) {
    this.#wallMs = wallMs;
  }

  /** Whether anybody wants to see requests. */
  get isWatched(): boolean {
    return this.#subscribers.size > 0;
  }

  /** Calls `tell` for matching requests until the returned function is called. */
  subscribe(filter: RequestFilter, tell: Subscriber['tell']): () => void {
    const subscriber = { filter, tell, secondStartMs: 0, told: 0, skipped: 0 };
    this.#subscribers.add(subscriber);
    return () => void this.#subscribers.delete(subscriber);
  }

  /** A request has ended. */
  publish(request: EndedRequest): void {
    const atMs = this.#wallMs();
    for (const subscriber of this.#subscribers) {
      if (!matches(request, subscriber.filter)) continue;
      if (Math.abs(atMs - subscriber.secondStartMs) >= 1000) {
        subscriber.secondStartMs = atMs;
        subscriber.told = 0;
      }
      if (subscriber.told >= PER_SECOND) {
        subscriber.skipped += 1;
        continue;
      }
      subscriber.told += 1;
      subscriber.tell(atMs, shown(request, subscriber.skipped));
      subscriber.skipped = 0;
    }
  }
}

function matches({ upstream, method, status, durationMs, error }: EndedRequest, filter: RequestFilter): boolean {
  if (filter.upstream !== undefined && filter.upstream !== upstream) return false;
  if (filter.method !== undefined && filter.method !== method) return false;
  if (filter.errorsOnly && error === undefined && status < 500 && status !== 0) return false;
  if (durationMs < filter.minMs) return false;
  if (filter.status === undefined) return true;
  const text = String(status);
  return filter.status.endsWith('xx') ? text.length === 3 && text[0] === filter.status[0] : text === filter.status;
}

/** What is shown of a request: nothing of its query, its fields, its body. @param skipped how many were left out before it */
function shown(request: EndedRequest, skipped: number): object {
  const { method, path, upstream, status, error, durationMs, resends, instance, traceId } = request;
  return {
    method,
    path: redactText(path.slice(0, MAX_PATH)),
    upstream,
    status: status === 0 ? undefined : status,
    error,
    durationMs: Math.round(durationMs * 100) / 100,
    attempts: instance === undefined ? 0 : resends + 1,
    instance,
    traceId,
    skipped: skipped === 0 ? undefined : skipped,
  };
}
