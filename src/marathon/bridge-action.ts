import type { ServiceDefinition } from '../consul/service-definition.ts';

/** A registration as it is to be, complete but for the agent that takes it. */
export interface WantedService extends ServiceDefinition {
  readonly id: string;
  readonly tags: readonly string[];
  readonly address: string;
  readonly appId: string;
  readonly taskId: string;
  /** The task's host, whose agent is to look after it. */
  readonly host: string;
}

/** An agent: `key` tells agents apart (the node's name, where it is known), `host` is where it is called. */
export interface AgentPlace {
  readonly key: string;
  readonly host: string;
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
      /** Whether the main agent has it already, so that a fallback has nothing to do. */
      readonly isOnMain: boolean;
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

/** What is to be done for one app, in this order: registrations, removals, labels. */
export interface AppPlan {
  readonly appId: string;
  /** The app's name in Consul. */
  readonly name: string;
  readonly actions: readonly BridgeAction[];
}

/** A purge that was not planned because too much would go. */
export interface PurgeRefusal {
  readonly removals: number;
  /** Own services, the newly registered ones included. */
  readonly own: number;
  readonly maxPurge: number;
}

/** The difference between Marathon and Consul. */
export interface BridgePlan {
  /** Only apps with something to do, by app id. */
  readonly apps: readonly AppPlan[];
  readonly refusal: PurgeRefusal | undefined;
}
