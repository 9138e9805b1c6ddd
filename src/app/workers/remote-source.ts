import { newestOf } from '../../discovery/newest.ts';
import type { EndpointSet, EndpointSource, ServiceQuery, WatchObserver } from '../../upstream/endpoint-source.ts';
import { codedError, type ToPrimary, type ToWorker } from './worker-message.ts';

interface Watch {
  readonly put: (set: EndpointSet) => void;
  readonly observer: WatchObserver;
  readonly fail: (error: Error) => void;
}

/** The catalog as a worker sees it: the primary watches, and tells. */
export class RemoteSource implements EndpointSource {
  readonly #send: (message: ToPrimary) => void;
  readonly #watches = new Map<number, Watch>();
  #next = 1;

  constructor(send: (message: ToPrimary) => void) {
    this.#send = send;
  }

  watch(query: ServiceQuery, observer: WatchObserver, signal: AbortSignal): AsyncIterable<EndpointSet> {
    return newestOf(signal, async (put, ended) => {
      const watch = this.#next++;
      try {
        await new Promise<void>((resolve, reject) => {
          ended.addEventListener('abort', () => resolve(), { once: true });
          this.#watches.set(watch, { put, observer, fail: reject });
          this.#send({ kind: 'watch', watch, query });
        });
      } finally {
        this.#watches.delete(watch);
        this.#send({ kind: 'unwatch', watch });
      }
    });
  }

  /** Takes what the primary says. What is about a watch that has ended meanwhile is ignored. */
  hear(message: Extract<ToWorker, { readonly watch: number }>): void {
    const watch = this.#watches.get(message.watch);
    if (watch === undefined) return;
    if (message.kind === 'set') watch.put(message.set);
    else if (message.kind === 'confirmed') watch.observer.confirmed();
    else if (message.kind === 'failed') watch.observer.failed(codedError(message.error));
    else watch.fail(codedError(message.error));
  }
}
