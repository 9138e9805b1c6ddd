import type { ServiceQuery } from './endpoint-source.ts';
import type { RetryCondition } from './upstream-settings.ts';

/** How a text must look: the same, with this beginning or end, all of it as the expression says, or just be there. */
export interface TextMatch {
  readonly kind: 'exact' | 'prefix' | 'suffix' | 'regex' | 'present';
  readonly value: string;
}

/** A field or a query parameter that must look like this; with `invert`, must not. */
export interface NamedMatch extends TextMatch {
  /** Fields in lower case. */
  readonly name: string;
  readonly invert: boolean;
}

/** What a request must be like for a route; all of it. */
export interface RouteMatch {
  readonly path: TextMatch | undefined;
  readonly headers: readonly NamedMatch[];
  readonly query: readonly NamedMatch[];
  /** Empty: any. */
  readonly methods: readonly string[];
}

/** Instances that a plan sends requests to. */
export interface TrafficTarget {
  /** Names it within the plan; the same target with other settings has another. */
  readonly key: string;
  readonly query: ServiceQuery;
  /** Only passing instances, whatever the upstream says. */
  readonly onlyPassing: boolean;
  /** Where to go, in this order, while it has nothing usable. */
  readonly failover: readonly ServiceQuery[];
  readonly settings: RouteSettings;
}

/** What a rule says about requests; undefined: as the upstream is set. */
export interface RouteSettings {
  readonly connectMs?: number | undefined;
  /** For the whole exchange, retries included. */
  readonly totalMs?: number | undefined;
  /** In all, the first included. */
  readonly attempts?: number | undefined;
  readonly retryOn?: readonly RetryCondition[] | undefined;
}

/** A share of a route's requests. */
export interface TrafficSplit {
  /** Relative to the route's others; 0 or more. */
  readonly weight: number;
  readonly target: TrafficTarget;
}

/** Where matching requests go. */
export interface TrafficRoute {
  /** Undefined: every request. */
  readonly match: RouteMatch | undefined;
  /** What stands in place of the matched path (or its matched beginning). */
  readonly rewrite: string | undefined;
  readonly splits: readonly TrafficSplit[];
}

/** What a catalog's traffic rules mean for a service. The first route that matches counts. */
export interface TrafficPlan {
  readonly routes: readonly TrafficRoute[];
}

/** Tells the rules of services. Implemented in discovery/. */
export interface TrafficPlanSource {
  /**
   * Tells the plan when it is known (at once, if it is known already) and each time it changed; undefined while there are
   * no rules for the service, or none can be known.
   * @returns ends that: nothing is told from then on; resolves when nothing is asked for it any more. To be called once
   */
  follow(service: string, tell: (plan: TrafficPlan | undefined) => void): () => Promise<void>;
}
