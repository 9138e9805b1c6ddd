import type { ConfigEntryApi } from '../consul/config-entry.ts';
import type { ConsulError } from '../consul/consul-error.ts';
import type { DiscoveryChainApi } from '../consul/discovery-chain.ts';
import type { TrafficPlan, TrafficPlanSource } from '../upstream/traffic-plan.ts';
import { compileChain } from './compile-chain.ts';
import { newestOf } from './newest.ts';
import { resolverChain } from './resolver-chain.ts';
import { RuleEntries } from './rule-entries.ts';

/** What {@link ConsulTrafficRules} needs of a `ConsulClient`. */
export interface TrafficRulesConsul {
  readonly config: Pick<ConfigEntryApi, 'watchKind'>;
  readonly discoveryChain: Pick<DiscoveryChainApi, 'watch'>;
}

/**
 * Consul's own traffic rules: service-resolver, service-splitter and service-router. A service that has any is followed by
 * its compiled discovery chain; where Connect is off, Consul compiles none, and the resolvers are read themselves.
 */
export class ConsulTrafficRules implements TrafficPlanSource {
  readonly #consul: TrafficRulesConsul;
  readonly #entries: RuleEntries;
  /** Found out by asking, once for all services. */
  #isConnectOff = false;

  constructor(consul: TrafficRulesConsul) {
    this.#consul = consul;
    this.#entries = new RuleEntries(consul.config);
  }

  watch(service: string, signal: AbortSignal): AsyncIterable<TrafficPlan | undefined> {
    return newestOf(signal, async (put, ended) => {
      let following: { readonly abort: AbortController; readonly done: Promise<void> } | undefined;
      let isPlain = false;
      const tell = (plan: TrafficPlan | undefined) => {
        if (plan === undefined && isPlain) return;
        isPlain = plan === undefined;
        put(plan);
      };
      const look = () => {
        if (!this.#entries.isKnown || ended.aborted) return;
        const isRuled = this.#entries.isRuled(service);
        if (!isRuled || this.#isConnectOff) {
          following?.abort.abort();
          following = undefined;
          tell(isRuled ? compileChain(resolverChain(service, (name) => this.#entries.resolver(name))) : undefined);
        } else if (following === undefined) {
          const abort = new AbortController();
          following = { abort, done: this.#follow({ service, tell, look }, AbortSignal.any([abort.signal, ended])) };
        }
      };
      const unsubscribe = this.#entries.subscribe(look);
      try {
        look();
        await new Promise<void>((resolve) => ended.addEventListener('abort', () => resolve(), { once: true }));
      } finally {
        await following?.done;
        await unsubscribe();
      }
    });
  }

  /** Follows the compiled chain until `signal` aborts. */
  async #follow(
    { service, tell, look }: { service: string; tell: (plan: TrafficPlan | undefined) => void; look: () => void },
    signal: AbortSignal,
  ): Promise<void> {
    const observer = {
      failed: (error: ConsulError) => {
        if (!/connect must be enabled/i.test(error.consulText ?? '')) return;
        this.#isConnectOff = true;
        look();
      },
    };
    for await (const { value } of this.#consul.discoveryChain.watch(service, { signal, observer })) {
      if (!signal.aborted) tell(compileChain(value));
    }
  }
}
