import type { Random } from '../runtime/random.ts';
import { matchesRoute, pathOf, type RequestFacts } from './route-match.ts';
import type { TrafficPlan, TrafficRoute, TrafficTarget } from './traffic-plan.ts';

/** Steps of this part of the circle, taken from anywhere, fall evenly into shares of any size. */
const GOLDEN_STEP = (Math.sqrt(5) - 1) / 2;

/** Where the requests of a route go; `T` is an upstream. */
export class DivertedRoute<T> {
  readonly route: TrafficRoute;
  readonly #upstreams: readonly T[];
  /** The sum of the weights up to each split. */
  readonly #ends: readonly number[];
  #at: number;

  constructor(route: TrafficRoute, upstreamOf: (target: TrafficTarget) => T, random: Random) {
    this.route = route;
    this.#upstreams = route.splits.map(({ target }) => upstreamOf(target));
    let end = 0;
    this.#ends = route.splits.map(({ weight }) => {
      end += weight;
      return end;
    });
    this.#at = random();
  }

  /**
   * The upstream of the next request. Shares are kept to much closer than chance would: after n requests each is off by
   * a few requests, not by their square root; and requests of one kind do not fall into step with it.
   */
  next(): T {
    this.#at = (this.#at + GOLDEN_STEP) % 1;
    const point = this.#at * (this.#ends.at(-1) as number);
    let index = 0;
    while (index < this.#ends.length - 1 && point >= (this.#ends[index] as number)) index += 1;
    return this.#upstreams[index] as T;
  }

  /** The target that goes on. */
  rewritten(target: string): string {
    const { match, rewrite } = this.route;
    if (rewrite === undefined) return target;
    const path = match?.path;
    const length = path?.kind === 'prefix' ? path.value.length : path?.kind === 'exact' ? pathOf(target).length : 0;
    const rest = target.slice(length);
    // "/admin" → "/" on "/admin/users" must not make "//users".
    const joined = rewrite.endsWith('/') && rest.startsWith('/') ? rewrite + rest.slice(1) : rewrite + rest;
    return joined.startsWith('/') ? joined : `/${joined}`;
  }
}

/** Where the requests of an upstream go instead of to itself: what the catalog's traffic rules make of it. */
export class Diversion<T> {
  readonly #routes: readonly DivertedRoute<T>[];

  /** @param plan with at least one route, each with at least one split of some weight */
  constructor(plan: TrafficPlan, upstreamOf: (target: TrafficTarget) => T, random: Random) {
    this.#routes = plan.routes.map((route) => new DivertedRoute(route, upstreamOf, random));
  }

  /** Whether the way depends on what the request is like. */
  get looksAtRequests(): boolean {
    return this.#routes.length > 1 || this.#routes[0]?.route.match !== undefined;
  }

  /** The route of a request; the last one takes what no other did. */
  route(facts: RequestFacts): DivertedRoute<T> {
    for (const each of this.#routes) {
      const { match } = each.route;
      if (match === undefined || matchesRoute(match, facts)) return each;
    }
    return this.#routes.at(-1) as DivertedRoute<T>;
  }
}
