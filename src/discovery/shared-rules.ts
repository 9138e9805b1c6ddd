import type { TrafficPlan, TrafficPlanSource } from '../upstream/traffic-plan.ts';

type Tell = (plan: TrafficPlan | undefined) => void;

/** What all who follow the rules of one service know, and how that is ended. */
interface Followed {
  readonly tells: Set<Tell>;
  /** Undefined until something was told. */
  last: { readonly plan: TrafficPlan | undefined } | undefined;
  unfollow: (() => Promise<void>) | undefined;
}

/**
 * Asks another source once for all who follow the rules of the same service at the same time. A later one is told at
 * once what the earlier ones know. Nothing is asked any more when the last of them has ended.
 */
export class SharedRules implements TrafficPlanSource {
  readonly #source: TrafficPlanSource;
  readonly #followed = new Map<string, Followed>();

  constructor(source: TrafficPlanSource) {
    this.#source = source;
  }

  follow(service: string, tell: Tell): () => Promise<void> {
    const known = this.#followed.get(service);
    const followed = known ?? { tells: new Set(), last: undefined, unfollow: undefined };
    // Of two who tell the same, each is a follower of its own.
    const own: Tell = (plan) => tell(plan);
    followed.tells.add(own);
    if (followed.last !== undefined) tell(followed.last.plan);
    if (known === undefined) this.#begin(service, followed);
    return async () => {
      followed.tells.delete(own);
      if (followed.tells.size > 0) return;
      if (this.#followed.get(service) === followed) this.#followed.delete(service);
      await followed.unfollow?.();
    };
  }

  #begin(service: string, followed: Followed): void {
    this.#followed.set(service, followed);
    followed.unfollow = this.#source.follow(service, (plan) => {
      followed.last = { plan };
      for (const tell of followed.tells) tell(plan);
    });
  }
}
