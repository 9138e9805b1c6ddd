import type { Timer } from '../runtime/clock.ts';
import { CodedError } from '../runtime/coded-error.ts';
import { isAbort, Tasks } from '../runtime/task.ts';
import type { EndpointSource, WatchObserver } from './endpoint-source.ts';
import { turnFor } from './turn-for.ts';
import type { Upstream } from './upstream.ts';

/** A failover's watch is closed only when it was not needed for this long, so that a flapping service costs nothing. */
const LINGER_MS = 60_000;
/** A source that broke its promise never to throw is asked again after this long. */
const BROKEN_SOURCE_MS = 1000;

/** What an {@link UpstreamWatch} is made of. */
export interface UpstreamWatchOptions {
  readonly upstream: Upstream;
  readonly source: EndpointSource;
  /** Called after each answer and failure that the upstream was told of. */
  readonly onNews: () => void;
  /** The upstream's own view is told from here on: it is not to serve before its traffic rules are known. */
  readonly ready?: Promise<void> | undefined;
}

/** Keeps an upstream informed: watches its own datacenter always, and each failover while it is wanted. */
export class UpstreamWatch {
  readonly #options: UpstreamWatchOptions;
  /** By tier; 0 is the upstream's own. */
  readonly #running: Tasks[] = [];
  readonly #ending = new Set<Promise<void>>();
  #linger: Timer | undefined;
  #closed = false;

  constructor(options: UpstreamWatchOptions) {
    this.#options = options;
    const { upstream } = options;
    upstream.onWanted = (count) => this.#want(count);
    this.#want(upstream.wanted);
  }

  /** Ends every watch and waits until each has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#linger?.cancel();
    this.#options.upstream.onWanted = undefined;
    this.#keep(0);
    await Promise.all(this.#ending);
  }

  #want(count: number): void {
    if (this.#closed) return;
    while (this.#running.length < count) this.#start(this.#running.length);
    this.#linger?.cancel();
    this.#linger = undefined;
    if (this.#running.length > count) {
      this.#linger = this.#options.upstream.clock.after(LINGER_MS, () => this.#keep(count));
    }
  }

  #keep(count: number): void {
    for (const tasks of this.#running.splice(count)) {
      const ended: Promise<void> = tasks.stop().finally(() => this.#ending.delete(ended));
      this.#ending.add(ended);
    }
  }

  #start(tier: number): void {
    const tasks = new Tasks((_name, error) => this.#fail(error, tier));
    this.#running.push(tasks);
    tasks.start(`watch ${this.#options.upstream.key}`, (signal) => this.#run(tier, signal));
  }

  async #run(tier: number, signal: AbortSignal): Promise<void> {
    const { upstream, source, onNews, ready } = this.#options;
    const datacenter = upstream.settings.failover[tier - 1];
    const query = upstream.settings.failoverQueries?.[tier - 1] ?? {
      ...upstream.settings.query,
      ...(datacenter === undefined ? {} : { datacenter }),
    };
    const observer: WatchObserver = {
      confirmed: () => upstream.confirm(tier),
      failed: (error) => this.#fail(error, tier),
    };
    while (!signal.aborted) {
      try {
        for await (const set of source.watch(query, observer, signal)) {
          if (tier === 0) await ready;
          await turnFor(set);
          if (signal.aborted) return;
          upstream.apply(set, tier);
          onNews();
        }
      } catch (error) {
        if (isAbort(error, signal)) return;
        this.#fail(error, tier);
      }
      if (!signal.aborted) await upstream.clock.sleep(BROKEN_SOURCE_MS, signal);
    }
  }

  #fail(error: unknown, tier: number): void {
    const { upstream, onNews } = this.#options;
    const coded =
      error instanceof CodedError
        ? error
        : new CodedError(`the source of ${upstream.key} broke: ${String(error)}; it is asked again in a second`, {
            code: 'endpoint_source_broke',
            side: 'internal',
            retryable: true,
            cause: error,
          });
    upstream.fail(coded, tier);
    onNews();
  }
}
