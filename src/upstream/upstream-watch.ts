import type { Timer } from '../runtime/clock.ts';
import type { CodedError } from '../runtime/coded-error.ts';
import { brokenSource } from './broken-source.ts';
import type { EndpointSet, EndpointSource } from './endpoint-source.ts';
import type { Upstream } from './upstream.ts';
import { WatchLayer } from './watch-layer.ts';

/** A failover's watch is closed only when it was not needed for this long, so that a flapping service costs nothing. */
const LINGER_MS = 60_000;

/** What an {@link UpstreamWatch} is made of. */
export interface UpstreamWatchOptions {
  readonly upstream: Upstream;
  readonly source: EndpointSource;
  /** Called after each answer and failure that the upstream was told of. */
  readonly onNews: (upstream: Upstream) => void;
  /** The upstream's own view is told from here on: it is not to serve before its traffic rules are known. */
  readonly ready?: Promise<void> | undefined;
}

/** Keeps an upstream informed: watches its own datacenter always, and each failover while it is wanted. */
export class UpstreamWatch {
  readonly #options: UpstreamWatchOptions;
  /** By tier; 0 is the upstream's own. */
  #tiers: readonly TierWatch[] = [];
  #ending: Set<Promise<void>> | undefined;
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
    await Promise.all(this.#ending ?? []);
  }

  #want(count: number): void {
    if (this.#closed) return;
    while (this.#tiers.length < count) this.#start(this.#tiers.length);
    this.#linger?.cancel();
    this.#linger = undefined;
    if (this.#tiers.length > count) {
      this.#linger = this.#options.upstream.clock.after(LINGER_MS, () => this.#keep(count));
    }
  }

  #keep(count: number): void {
    this.#ending ??= new Set();
    const ending = this.#ending;
    const unwanted = this.#tiers.slice(count);
    this.#tiers = this.#tiers.slice(0, count);
    for (const tier of unwanted) {
      const ended: Promise<void> = tier.end().finally(() => ending.delete(ended));
      ending.add(ended);
    }
  }

  #start(tier: number): void {
    const { query, failover, failoverQueries } = this.#options.upstream.settings;
    const datacenter = failover[tier - 1];
    const asked = failoverQueries?.[tier - 1] ?? (datacenter === undefined ? query : { ...query, datacenter });
    this.#tiers = this.#tiers.concat(new TierWatch(this.#options, tier).over(this.#options.source, asked));
  }
}

/** The watch of one tier. */
class TierWatch extends WatchLayer {
  readonly #options: UpstreamWatchOptions;
  readonly #tier: number;
  /** What is held back until it may serve. */
  #held: EndpointSet | undefined;
  #mayServe: boolean;

  constructor(options: UpstreamWatchOptions, tier: number) {
    super();
    this.#options = options;
    this.#tier = tier;
    this.#mayServe = tier > 0 || options.ready === undefined;
    if (!this.#mayServe) void options.ready?.then(() => this.#release());
  }

  confirmed(): void {
    if (!this.isEnded) this.#options.upstream.confirm(this.#tier);
  }

  failed(error: CodedError): void {
    if (this.isEnded) return;
    const { upstream, onNews } = this.#options;
    upstream.fail(error, this.#tier);
    onNews(upstream);
  }

  protected override take(set: EndpointSet): void {
    if (!this.#mayServe) {
      this.#held = set;
      return;
    }
    const { upstream, onNews } = this.#options;
    try {
      upstream.apply(set, this.#tier);
      onNews(upstream);
    } catch (error) {
      this.failed(brokenSource(upstream.key, error));
    }
  }

  #release(): void {
    this.#mayServe = true;
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined && !this.isEnded) this.take(held);
  }
}
