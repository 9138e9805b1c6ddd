import { newestOf } from '../../discovery/newest.ts';
import type { TrafficPlan, TrafficPlanSource } from '../../upstream/traffic-plan.ts';
import type { ToPrimary, ToWorker } from './worker-message.ts';

/** The catalog's traffic rules as a worker sees them: the primary watches, and tells. */
export class RemoteRules implements TrafficPlanSource {
  readonly #send: (message: ToPrimary) => void;
  readonly #watches = new Map<number, (plan: TrafficPlan | undefined) => void>();
  #next = 1;

  constructor(send: (message: ToPrimary) => void) {
    this.#send = send;
  }

  watch(service: string, signal: AbortSignal): AsyncIterable<TrafficPlan | undefined> {
    return newestOf(signal, async (put, ended) => {
      const rules = this.#next++;
      this.#watches.set(rules, put);
      this.#send({ kind: 'watch-rules', rules, service });
      try {
        await new Promise<void>((resolve) => ended.addEventListener('abort', () => resolve(), { once: true }));
      } finally {
        this.#watches.delete(rules);
        this.#send({ kind: 'unwatch-rules', rules });
      }
    });
  }

  /** Takes what the primary says. What is about a watch that has ended meanwhile is ignored. */
  hear({ rules, plan }: Extract<ToWorker, { readonly kind: 'rules' }>): void {
    this.#watches.get(rules)?.(plan);
  }
}
