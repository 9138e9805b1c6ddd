import { isAbort } from '../../runtime/task.ts';
import type { EndpointSource, ServiceQuery, WatchObserver } from '../../upstream/endpoint-source.ts';
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
  readonly #watches = new Map<number, AbortController>();
  readonly #rules = new Map<number, AbortController>();

  constructor(catalog: WorkerCatalog, send: (message: ToWorker) => void) {
    this.#catalog = catalog;
    this.#send = send;
  }

  watch(watch: number, query: ServiceQuery): void {
    void this.#tellSets(watch, query, begin(this.#watches, watch));
  }

  unwatch(watch: number): void {
    end(this.#watches, watch);
  }

  watchRules(rules: number, service: string): void {
    void this.#tellRules(rules, service, begin(this.#rules, rules));
  }

  unwatchRules(rules: number): void {
    end(this.#rules, rules);
  }

  /** Ends all watches: the worker is gone. */
  close(): void {
    for (const watches of [this.#watches, this.#rules]) for (const number of watches.keys()) end(watches, number);
  }

  async #tellSets(watch: number, query: ServiceQuery, signal: AbortSignal): Promise<void> {
    const observer: WatchObserver = {
      confirmed: () => this.#send({ kind: 'confirmed', watch }),
      failed: (error) => this.#send({ kind: 'failed', watch, error: plainError(error) }),
    };
    try {
      for await (const set of this.#catalog.source.watch(query, observer, signal))
        this.#send({ kind: 'set', watch, set });
    } catch (error) {
      if (!isAbort(error, signal)) this.#send({ kind: 'over', watch, error: plainError(error) });
    }
  }

  async #tellRules(rules: number, service: string, signal: AbortSignal): Promise<void> {
    const { plans } = this.#catalog;
    if (plans === undefined) return;
    try {
      for await (const plan of plans.watch(service, signal)) this.#send({ kind: 'rules', rules, plan });
    } catch {
      // A source of rules never throws; from one that does, the rules stay as they were, as in a sidecar without workers.
    }
  }
}

function begin(watches: Map<number, AbortController>, number: number): AbortSignal {
  const ended = new AbortController();
  watches.set(number, ended);
  return ended.signal;
}

function end(watches: Map<number, AbortController>, number: number): void {
  watches.get(number)?.abort();
  watches.delete(number);
}
