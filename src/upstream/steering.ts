import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import { Diversion } from './diversion.ts';
import type { EndpointSource } from './endpoint-source.ts';
import { targetSettings } from './target-settings.ts';
import type { TrafficPlan, TrafficPlanSource, TrafficTarget } from './traffic-plan.ts';
import { Upstream } from './upstream.ts';
import type { UpstreamObserver } from './upstream-event.ts';
import type { UpstreamName } from './upstream-name.ts';
import type { UpstreamSettings } from './upstream-settings.ts';
import { UpstreamWatch } from './upstream-watch.ts';

/** What a {@link Steering} is made of. */
export interface SteeringOptions {
  readonly source: EndpointSource;
  readonly settingsFor: (name: UpstreamName) => UpstreamSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer?: UpstreamObserver | undefined;
  /** Called when an upstream of a target is closed. */
  readonly onClosed?: ((upstream: Upstream) => void) | undefined;
  /** Called after each plan. */
  readonly onNews: (upstream: Upstream) => void;
}

interface Target {
  readonly target: TrafficTarget;
  readonly upstream: Upstream;
  readonly watch: UpstreamWatch;
}

/** A catalog that says nothing of its rules for this long does not keep requests waiting. */
const PATIENCE_MS = 1000;

const nothing = (): void => {};

/**
 * Follows the traffic rules of one upstream: keeps an upstream for each of their targets, and the upstream's diversion
 * as the rules are. A target that stays keeps all it knows.
 */
export class Steering {
  readonly #options: SteeringOptions;
  readonly #upstream: Upstream;
  /** Undefined until there are rules: most services have none. */
  #targets: Map<string, Target> | undefined;
  readonly #unfollow: () => Promise<void>;
  #closing: Set<Promise<void>> | undefined;
  /** Resolves when it is known whether there are rules, or nobody should wait for that any longer. */
  readonly known: Promise<void>;
  #setKnown: () => void = nothing;
  #plan: TrafficPlan | undefined;
  #settingsFor: (name: UpstreamName) => UpstreamSettings;

  constructor(upstream: Upstream, plans: TrafficPlanSource, options: SteeringOptions) {
    this.#options = options;
    this.#upstream = upstream;
    this.#settingsFor = options.settingsFor;
    this.known = this.#patience(options.clock);
    this.#unfollow = plans.follow(upstream.settings.query.service, (plan) => this.#take(plan));
  }

  /** The upstreams of the targets. */
  *upstreams(): Generator<Upstream> {
    for (const { upstream } of this.#targets?.values() ?? []) yield upstream;
  }

  /** Takes other settings; targets whose settings are the same keep all they know. */
  reload(settingsFor: (name: UpstreamName) => UpstreamSettings): void {
    this.#settingsFor = settingsFor;
    this.#apply(this.#plan);
  }

  /** Ends all watches and waits until they have ended. */
  async close(): Promise<void> {
    this.#setKnown();
    const unfollowed = this.#unfollow();
    for (const key of [...(this.#targets?.keys() ?? [])]) this.#end(key);
    await unfollowed;
    await Promise.all(this.#closing ?? []);
  }

  /** Resolves when the rules are known, or have not come in time. */
  #patience(clock: Clock): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = clock.after(PATIENCE_MS, () => this.#setKnown());
    this.#setKnown = () => {
      this.#setKnown = nothing;
      timer.cancel();
      resolve();
    };
    return promise;
  }

  #take(plan: TrafficPlan | undefined): void {
    this.#plan = plan;
    this.#apply(plan);
    this.#setKnown();
    this.#options.onNews(this.#upstream);
  }

  #apply(plan: TrafficPlan | undefined): void {
    const before = new Set(this.#targets?.keys());
    const upstreamOf = (target: TrafficTarget): Upstream => {
      before.delete(target.key);
      return this.#keep(target);
    };
    const diversion = plan === undefined ? undefined : new Diversion<Upstream>(plan, upstreamOf, this.#options.random);
    this.#upstream.divert(diversion);
    for (const key of before) this.#end(key);
  }

  #keep(target: TrafficTarget): Upstream {
    const { clock, random, observer, source } = this.#options;
    const key = `${this.#upstream.key}#${target.key}`;
    const { service } = target.query;
    const own = this.#upstream.settings;
    const base = service === own.query.service ? own : this.#settingsFor({ name: service });
    const settings = targetSettings(base, target, key);
    this.#targets ??= new Map();
    const known = this.#targets.get(target.key);
    if (known !== undefined && isDeepStrictEqual(known.upstream.settings, settings)) return known.upstream;
    if (known !== undefined) this.#end(target.key);
    const upstream = new Upstream({ key, settings, clock, random, observer });
    const watch = new UpstreamWatch({ upstream, source, onNews: nothing });
    this.#targets.set(target.key, { target, upstream, watch });
    return upstream;
  }

  #end(key: string): void {
    const target = this.#targets?.get(key);
    if (target === undefined) return;
    this.#targets?.delete(key);
    target.upstream.close();
    this.#options.onClosed?.(target.upstream);
    this.#closing ??= new Set();
    const closing = this.#closing;
    const closed: Promise<void> = target.watch.close().finally(() => closing.delete(closed));
    closing.add(closed);
  }
}
