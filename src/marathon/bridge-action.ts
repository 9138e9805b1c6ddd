import type { ServiceDefinition } from '../consul/service-definition.ts';
import type { WantedCheck } from './consul-checks.ts';

/** A registration as it is to be, complete but for the agent that takes it. */
export interface WantedService extends ServiceDefinition {
  readonly id: string;
  readonly tags: readonly string[];
  readonly address: string;
  readonly checks: readonly WantedCheck[];
  readonly appId: string;
  readonly taskId: string;
  /** The task's host, whose agent is to look after it. */
  readonly host: string;
}

/** An agent. */
export interface AgentPlace {
  /** Tells agents apart, whatever address one is called at: its node's name. */
  readonly key: string;
  /** Where it is called. */
  readonly host: string;
  /** False: nobody could tell which node's agent this is, and `key` is made of the host. */
  readonly isKnown: boolean;
}

/**
 * Why a service is taken away.
 *
 * - `not_running`: Marathon has the app, and the task does not run.
 * - `app_gone`: Marathon has no such app.
 * - `not_wanted`: the task runs, and this service of it is not asked for (any more).
 * - `unreachable`: Mesos cannot reach the task, and others of the app run.
 * - `elsewhere`: it is registered where it belongs, and this is another agent.
 */
export type RemovalReason = 'not_running' | 'app_gone' | 'not_wanted' | 'unreachable' | 'elsewhere';

/** Something that could not be done; the rest went on. */
export interface BridgeFailure {
  /** `read` Marathon's app, `register` or `deregister` a service, `put_label` or `delete_label` a key. */
  readonly doing: 'read' | BridgeAction['kind'];
  /** The service id, key, or app id. */
  readonly on: string;
  readonly error: Error;
}

/** One write to Consul. */
export type BridgeAction =
  | {
      readonly kind: 'register';
      readonly service: WantedService;
      readonly agent: AgentPlace;
      /** `new`, `elsewhere` (another agent has it), or what differs: `name`, `tags`, `address`, `port`, `checks`. */
      readonly because: string;
      /** Checks of an earlier registration that are not wanted any more. */
      readonly staleChecks: readonly string[];
      /** Whether the main agent has it already as it is to be, so that a fallback has nothing to do. */
      readonly isOnMain: boolean;
      /** The agent that should take it and could not be read, when `agent` is the main one in its place. */
      readonly insteadOf: string | undefined;
    }
  | {
      readonly kind: 'deregister';
      readonly serviceId: string;
      readonly name: string;
      readonly agent: AgentPlace;
      readonly because: RemovalReason;
    }
  | { readonly kind: 'put_label'; readonly key: string; readonly value: string }
  | { readonly kind: 'delete_label'; readonly key: string };

/** What is to be done for one app, in this order: registrations come before removals. */
export interface AppPlan {
  readonly appId: string;
  /** The app's name in Consul. */
  readonly name: string;
  readonly actions: readonly BridgeAction[];
  /** What cannot even be tried. */
  readonly failures: readonly BridgeFailure[];
}

/** A purge that was not planned because too much would go. */
export interface PurgeRefusal {
  readonly removals: number;
  /** Own services, the newly registered ones included. */
  readonly own: number;
  readonly maxPurge: number;
}

/** Apps whose ids become one name: nothing of them is registered or labelled until one is renamed. */
export interface NameClash {
  readonly name: string;
  readonly appIds: readonly string[];
}

/** The difference between Marathon and Consul. */
export interface BridgePlan {
  /** Only apps with something to do, or that failed. */
  readonly apps: readonly AppPlan[];
  readonly refusal: PurgeRefusal | undefined;
  readonly clashes: readonly NameClash[];
}
