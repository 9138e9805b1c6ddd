import type { AgentApi } from '../consul/agent.ts';
import type { AgentChecksApi } from '../consul/agent-checks.ts';
import type { CatalogApi } from '../consul/catalog.ts';
import type { HealthApi } from '../consul/health.ts';
import type { KvApi } from '../consul/kv.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { BridgeListener } from './bridge-observer.ts';
import type { BridgeSettings } from './bridge-settings.ts';
import type { MarathonApp } from './marathon-app.ts';
import type { MarathonPod } from './marathon-pod.ts';
import type { MarathonTask } from './marathon-task.ts';
import type { ReadList } from './unreadable.ts';

/** What the bridge asks of Marathon. Every read throws when there is no whole answer. */
export interface MarathonReads {
  /** All apps, each with its tasks. */
  apps(signal: AbortSignal): Promise<ReadList<MarathonApp>>;
  /** Undefined: Marathon has no such app. */
  app(id: string, signal: AbortSignal): Promise<MarathonApp | undefined>;
  tasks(appId: string, signal: AbortSignal): Promise<readonly MarathonTask[]>;
  /** All pods; none where Marathon is older than pods. */
  pods(signal: AbortSignal): Promise<ReadList<MarathonPod>>;
  /** Undefined: Marathon has no such pod. */
  pod(id: string, signal: AbortSignal): Promise<MarathonPod | undefined>;
}

/** What the bridge asks of an agent; a `ConsulClient` does it. */
export interface BridgeAgent extends AsyncDisposable {
  readonly agent: Pick<AgentApi, 'self' | 'services' | 'register' | 'deregister'> & {
    readonly checks: Pick<AgentChecksApi, 'list' | 'deregister'>;
  };
}

/** What the bridge asks of the main agent; a `ConsulClient` does it. */
export interface BridgeConsul extends Pick<BridgeAgent, 'agent'> {
  /** Of the agent, as `ConsulClient.address` tells it. */
  readonly address: string;
  readonly catalog: Pick<CatalogApi, 'nodes'>;
  readonly health: Pick<HealthApi, 'service'>;
  readonly kv: Pick<KvApi, 'list' | 'put' | 'delete'>;
}

/** What a {@link Bridge} is made of. */
export interface BridgeOptions {
  readonly settings: BridgeSettings;
  readonly marathon: MarathonReads;
  readonly consul: BridgeConsul;
  /**
   * Opens a client for the agent at an address: the main one's, with another host. Its options (token, TLS, time-out)
   * are otherwise the main one's. The bridge closes it.
   */
  readonly openAgent: (address: string) => BridgeAgent;
  readonly clock: Clock;
  readonly random: Random;
  readonly onEvent: BridgeListener;
}
