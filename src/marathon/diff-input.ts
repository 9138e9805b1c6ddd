import type { ActualState } from './actual-state.ts';
import type { AgentPlace } from './bridge-action.ts';
import type { BridgeSettings } from './bridge-settings.ts';
import type { DesiredState } from './desired-state.ts';

/** What events have said. */
export interface Evidence {
  /** Tasks that ended, or are being killed. */
  readonly endedTasks: ReadonlySet<string>;
  /** Tasks that Mesos cannot reach. */
  readonly unreachableTasks: ReadonlySet<string>;
  readonly endedApps: ReadonlySet<string>;
  /** Tasks registered because an event said that they run, which Marathon did not list when it was asked. */
  readonly unconfirmedTasks: ReadonlySet<string>;
}

/** Which agent looks after what. */
export interface Agents {
  /** The agent of a host. */
  placeOf(host: string): AgentPlace;
  /** Why an agent could not be read; undefined when it could. */
  unreadable(place: AgentPlace): Error | undefined;
  readonly main: AgentPlace;
}

/** What a plan is made of. */
export interface DiffInput {
  readonly desired: DesiredState;
  readonly actual: ActualState;
  readonly agents: Agents;
  readonly settings: Pick<BridgeSettings, 'registrationId' | 'purge' | 'maxPurge' | 'fallback'>;
  readonly evidence: Evidence;
  /** Whether all agents were read: then a service on an agent where it does not belong is left over. */
  readonly isWhole: boolean;
  /** Whether `desired` has all of Marathon's apps and pods: then one that is missing is gone. */
  readonly isMarathonWhole: boolean;
  /** Own services that Consul has besides those in `actual`. */
  readonly ownElsewhere: number;
}
