import type { ConsulCase } from './consul-case.ts';
import { agentCases } from './consul-cases-agent.ts';
import { blockingCases } from './consul-cases-blocking.ts';
import { healthCases } from './consul-cases-health.ts';
import { kvCases } from './consul-cases-kv.ts';

/** Everything that any registry that speaks Consul's API must do the same way, for our client. */
export const consulCases: readonly ConsulCase[] = [...blockingCases, ...agentCases, ...healthCases, ...kvCases];
