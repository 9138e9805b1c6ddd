import { isAbort } from '../../runtime/task.ts';
import type { EndpointSource, ServiceQuery, WatchObserver } from '../../upstream/endpoint-source.ts';
import { plainError, type ToWorker } from './worker-message.ts';

/** Watches for one worker, and tells it. Its other end is the worker's `RemoteSource`. */
export class WatchService {
  readonly #source: EndpointSource;
  readonly #send: (message: ToWorker) => void;
  readonly #watches = new Map<number, AbortController>();

  constructor(source: EndpointSource, send: (message: ToWorker) => void) {
    this.#source = source;
    this.#send = send;
  }

  watch(watch: number, query: ServiceQuery): void {
    const ended = new AbortController();
    this.#watches.set(watch, ended);
    void this.#run(watch, query, ended.signal);
  }

  unwatch(watch: number): void {
    this.#watches.get(watch)?.abort();
    this.#watches.delete(watch);
  }

  /** Ends all watches: the worker is gone. */
  close(): void {
    for (const ended of this.#watches.values()) ended.abort();
    this.#watches.clear();
  }

  async #run(watch: number, query: ServiceQuery, signal: AbortSignal): Promise<void> {
    const observer: WatchObserver = {
      confirmed: () => this.#send({ kind: 'confirmed', watch }),
      failed: (error) => this.#send({ kind: 'failed', watch, error: plainError(error) }),
    };
    try {
      for await (const set of this.#source.watch(query, observer, signal)) this.#send({ kind: 'set', watch, set });
    } catch (error) {
      if (!isAbort(error, signal)) this.#send({ kind: 'over', watch, error: plainError(error) });
    }
  }
}
