import type { ConfigEntryApi } from '../consul/config-entry.ts';
import type { ConsulError } from '../consul/consul-error.ts';
import type { DiscoveryChainApi } from '../consul/discovery-chain.ts';
import { Tasks } from '../runtime/task.ts';
import type { TrafficPlan, TrafficPlanSource } from '../upstream/traffic-plan.ts';
import { compileChain } from './compile-chain.ts';
import { resolverChain } from './resolver-chain.ts';
import { RuleEntries } from './rule-entries.ts';

/** What {@link ConsulTrafficRules} needs of a `ConsulClient`. */
export interface TrafficRulesConsul {
  readonly config: Pick<ConfigEntryApi, 'watchKind'>;
  readonly discoveryChain: Pick<DiscoveryChainApi, 'watch'>;
}

/** What all followers of rules have in common. */
interface RulesInCommon {
  readonly consul: TrafficRulesConsul;
  readonly entries: RuleEntries;
  /** Found out by asking, once for all services. */
  isConnectOff: boolean;
}

type Tell = (plan: TrafficPlan | undefined) => void;

/**
 * Consul's own traffic rules: service-resolver, service-splitter and service-router. A service that has any is followed by
 * its compiled discovery chain; where Connect is off, Consul compiles none, and the resolvers are read themselves.
 */
export class ConsulTrafficRules implements TrafficPlanSource {
  readonly #common: RulesInCommon;

  constructor(consul: TrafficRulesConsul) {
    this.#common = { consul, entries: new RuleEntries(consul.config), isConnectOff: false };
  }

  follow(service: string, tell: Tell): () => Promise<void> {
    const follower = new RuleFollower(this.#common, service, tell);
    this.#common.entries.subscribe(follower);
    follower.look();
    return () => follower.end();
  }
}

/** Follows the rules of one service. */
class RuleFollower {
  readonly #common: RulesInCommon;
  readonly #service: string;
  readonly #tell: Tell;
  /** Follows the compiled chain, while there is one to follow. */
  #chain: Tasks | undefined;
  /** When every chain that was followed before is followed no longer. */
  #chainEnded: Promise<unknown> | undefined;
  /** It was told last that there are no rules. */
  #isPlain = false;
  #isOver = false;

  constructor(common: RulesInCommon, service: string, tell: Tell) {
    this.#common = common;
    this.#service = service;
    this.#tell = tell;
  }

  /** Looks whether the service has rules, and which way they are to be followed. */
  look(): void {
    const { entries, isConnectOff } = this.#common;
    if (!entries.isKnown || this.#isOver) return;
    const isRuled = entries.isRuled(this.#service);
    if (!isRuled || isConnectOff) {
      this.#endChain();
      this.#say(isRuled ? compileChain(resolverChain(this.#service, (name) => entries.resolver(name))) : undefined);
    } else if (this.#chain === undefined) {
      // The client's watches never throw; without one the plan stays as it was.
      this.#chain = new Tasks(() => {});
      this.#chain.start(`rules of ${this.#service}`, (signal) => this.#followChain(signal));
    }
  }

  /** Tells nothing from now on; resolves when nothing is asked any more. */
  async end(): Promise<void> {
    this.#isOver = true;
    this.#endChain();
    await this.#chainEnded;
    await this.#common.entries.unsubscribe(this);
  }

  async #followChain(signal: AbortSignal): Promise<void> {
    const observer = {
      failed: (error: ConsulError) => {
        if (!/connect must be enabled/i.test(error.consulText ?? '')) return;
        this.#common.isConnectOff = true;
        this.look();
      },
    };
    for await (const { value } of this.#common.consul.discoveryChain.watch(this.#service, { signal, observer })) {
      if (!signal.aborted) this.#say(compileChain(value));
    }
  }

  #endChain(): void {
    if (this.#chain === undefined) return;
    this.#chainEnded = Promise.all([this.#chainEnded, this.#chain.stop()]);
    this.#chain = undefined;
  }

  #say(plan: TrafficPlan | undefined): void {
    if (plan === undefined && this.#isPlain) return;
    this.#isPlain = plan === undefined;
    this.#tell(plan);
  }
}
