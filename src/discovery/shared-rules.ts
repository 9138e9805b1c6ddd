import type { TrafficPlan, TrafficPlanSource } from '../upstream/traffic-plan.ts';
import { newestOf } from './newest.ts';

type Put = (plan: TrafficPlan | undefined) => void;

/**
 * Asks another source once for all who follow the rules of the same service at the same time. A later one is told at
 * once what the earlier ones know. The watch ends with the last of them.
 */
export class SharedRules implements TrafficPlanSource {
  readonly #source: TrafficPlanSource;
  readonly #watches = new Map<string, SharedPlan>();

  constructor(source: TrafficPlanSource) {
    this.#source = source;
  }

  watch(service: string, signal: AbortSignal): AsyncIterable<TrafficPlan | undefined> {
    return newestOf(signal, async (put, ended) => {
      let watch = this.#watches.get(service);
      if (watch === undefined) {
        watch = new SharedPlan(this.#source, service);
        this.#watches.set(service, watch);
      }
      const own = watch;
      await own.listen(put, ended, () => {
        if (this.#watches.get(service) === own) this.#watches.delete(service);
      });
    });
  }
}

/** The watch of one service's rules. */
class SharedPlan {
  readonly #listeners = new Set<Put>();
  readonly #abort = new AbortController();
  readonly #ended: Promise<void>;
  #last: { readonly plan: TrafficPlan | undefined } | undefined;

  constructor(source: TrafficPlanSource, service: string) {
    this.#ended = this.#run(source, service);
    // Each listener hears of it; without any, nobody needs to.
    this.#ended.catch(() => undefined);
  }

  /** Listens until `signal` aborts. @throws what the source threw. `onLast`: nobody listens any more, or it broke */
  async listen(put: Put, signal: AbortSignal, onLast: () => void): Promise<void> {
    this.#listeners.add(put);
    if (this.#last !== undefined) put(this.#last.plan);
    const left = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    try {
      await Promise.race([left, this.#ended]);
    } finally {
      this.#listeners.delete(put);
      if (this.#listeners.size === 0 || !signal.aborted) onLast();
      if (this.#listeners.size === 0) {
        this.#abort.abort();
        await this.#ended.catch(() => undefined);
      }
    }
  }

  async #run(source: TrafficPlanSource, service: string): Promise<void> {
    for await (const plan of source.watch(service, this.#abort.signal)) {
      this.#last = { plan };
      for (const put of this.#listeners) put(plan);
    }
  }
}
