import type { TaskPhase } from './task-phase.ts';

/** An address of a task's own, on a network other than its host's (IP-per-task). */
export interface TaskAddress {
  readonly address: string;
  /** `IPv4` or `IPv6`; `IPv4` where Marathon does not say. */
  readonly protocol: string;
}

/** What one of the app's health checks said of a task last; in the order in which Marathon has them. */
export interface HealthCheckResult {
  readonly alive: boolean;
  readonly consecutiveFailures: number;
}

/** A task of an app, as `/v2/tasks`, `/v2/apps/{id}/tasks` and the `tasks` of an app tell it. */
export interface MarathonTask {
  /** Unique in the cluster; the id of its registration. */
  readonly id: string;
  /** With its leading slash. */
  readonly appId: string;
  /** Name or address of its Mesos agent; undefined while it has none. */
  readonly host: string | undefined;
  /** The ports it has on its host, in the order of the app's ports that have a host port. */
  readonly ports: readonly number[];
  /** Well-known ports of the app, for load balancers; in the order of the app's ports. */
  readonly servicePorts: readonly number[];
  readonly ipAddresses: readonly TaskAddress[];
  /** As Marathon names it, such as `TASK_RUNNING`. Versions before 1.2 name none: then by `startedAt`. */
  readonly state: string;
  readonly phase: TaskPhase;
  /** ISO 8601; undefined until it has run. */
  readonly startedAt: string | undefined;
  /** ISO 8601. */
  readonly stagedAt: string | undefined;
  /** Version of the app that it runs. */
  readonly version: string | undefined;
  /** Mesos' id of the agent. */
  readonly agentId: string | undefined;
  /** Empty: the app has no health checks, or none has answered yet. */
  readonly healthCheckResults: readonly HealthCheckResult[];
}
