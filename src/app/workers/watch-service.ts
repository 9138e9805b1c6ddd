import type { EndpointSource, ServiceQuery, Watching } from '../../upstream/endpoint-source.ts';
import type { TrafficPlanSource } from '../../upstream/traffic-plan.ts';
import { plainError, type ToWorker } from './worker-message.ts';

/** Whom the watches of workers ask. Shared by all of them, so that each thing is asked once. */
export interface WorkerCatalog {
  readonly source: EndpointSource;
  /** Undefined: traffic rules are not followed. */
  readonly plans: TrafficPlanSource | undefined;
}

/** Watches for one worker, and tells it. Its other ends are the worker's `RemoteSource` and `RemoteRules`. */
export class WatchService {
  readonly #catalog: WorkerCatalog;
  readonly #send: (message: ToWorker) => void;
  readonly #watches = new Map<number, Watching>();
  readonly #unfollow = new Map<number, () => Promise<void>>();

  constructor(catalog: WorkerCatalog, send: (message: ToWorker) => void) {
    this.#catalog = catalog;
    this.#send = send;
  }

  watch(watch: number, query: ServiceQuery): void {
    const watching = this.#catalog.source.watch(query, {
      changed: (set) => this.#send({ kind: 'set', watch, set }),
      confirmed: () => this.#send({ kind: 'confirmed', watch }),
      failed: (error) => this.#send({ kind: 'failed', watch, error: plainError(error) }),
    });
    this.#watches.set(watch, watching);
  }

  unwatch(watch: number): void {
    void this.#watches.get(watch)?.end();
    this.#watches.delete(watch);
  }

  watchRules(rules: number, service: string): void {
    const { plans } = this.#catalog;
    if (plans === undefined) return;
    const unfollow = plans.follow(service, (plan) => this.#send({ kind: 'rules', rules, plan }));
    this.#unfollow.set(rules, unfollow);
  }

  unwatchRules(rules: number): void {
    void this.#unfollow.get(rules)?.();
    this.#unfollow.delete(rules);
  }

  /** Ends all watches: the worker is gone. */
  close(): void {
    for (const watch of this.#watches.keys()) this.unwatch(watch);
    for (const rules of this.#unfollow.keys()) this.unwatchRules(rules);
  }
}
