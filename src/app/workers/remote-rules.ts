import type { TrafficPlan, TrafficPlanSource } from '../../upstream/traffic-plan.ts';
import type { ToPrimary, ToWorker } from './worker-message.ts';

/** The catalog's traffic rules as a worker sees them: the primary follows, and tells. */
export class RemoteRules implements TrafficPlanSource {
  readonly #send: (message: ToPrimary) => void;
  readonly #followers = new Map<number, (plan: TrafficPlan | undefined) => void>();
  #next = 1;

  constructor(send: (message: ToPrimary) => void) {
    this.#send = send;
  }

  follow(service: string, tell: (plan: TrafficPlan | undefined) => void): () => Promise<void> {
    const rules = this.#next++;
    this.#followers.set(rules, tell);
    this.#send({ kind: 'watch-rules', rules, service });
    return async () => {
      this.#followers.delete(rules);
      this.#send({ kind: 'unwatch-rules', rules });
    };
  }

  /** Takes what the primary says. What is about a service that is followed no longer is ignored. */
  hear({ rules, plan }: Extract<ToWorker, { readonly kind: 'rules' }>): void {
    this.#followers.get(rules)?.(plan);
  }
}
