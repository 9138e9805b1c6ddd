import type { TaskAddress } from './marathon-task.ts';
import type { TaskPhase } from './task-phase.ts';

/** What every event has. */
interface EventBase {
  /** As Marathon names it, such as `status_update_event`. */
  readonly eventType: string;
  /** ISO 8601; Marathon's clock. Events do not come in its order. */
  readonly timestamp: string | undefined;
}

/** A task (or a pod's container) has another state. `status_update_event`. */
export interface TaskStatusEvent extends EventBase {
  readonly kind: 'task-status';
  readonly taskId: string;
  /** Of the app or the pod. */
  readonly appId: string;
  /** Such as `TASK_RUNNING`. */
  readonly state: string;
  readonly phase: TaskPhase;
  readonly host: string | undefined;
  readonly ports: readonly number[];
  /** Since Marathon 1.0. */
  readonly ipAddresses: readonly TaskAddress[];
  /** Of the app. */
  readonly version: string | undefined;
}

/** An instance has another state. `instance_changed_event`, `unknown_instance_terminated_event`. */
export interface InstanceEvent extends EventBase {
  readonly kind: 'instance';
  /** Not a task's id. */
  readonly instanceId: string;
  readonly appId: string;
  /** Such as `Running`. */
  readonly state: string;
  readonly phase: TaskPhase;
}

/**
 * A task is well or is no more. `health_status_changed_event`, `instance_health_changed_event`; also those by which
 * Marathon says that it kills a task for it, `unhealthy_task_kill_event`, `unhealthy_instance_kill_event`, and that one
 * probe failed, `failed_health_check_event`.
 */
export interface HealthEvent extends EventBase {
  readonly kind: 'health';
  readonly appId: string;
  /** Up to Marathon 1.3. */
  readonly taskId: string | undefined;
  /** From Marathon 1.4. */
  readonly instanceId: string | undefined;
  /** Undefined: not known yet. */
  readonly alive: boolean | undefined;
}

/**
 * The definition of an app or a pod was made, changed or deleted. `api_post_event`, `app_terminated_event`,
 * `pod_created_event`, `pod_updated_event`, `pod_deleted_event`, `add_health_check_event`,
 * `remove_health_check_event`.
 */
export interface AppEvent extends EventBase {
  readonly kind: 'app';
  readonly appId: string;
}

/**
 * A deployment began, took a step or ended. `deployment_info`, `deployment_success`, `deployment_failed`,
 * `deployment_step_success`, `deployment_step_failure`.
 */
export interface DeploymentEvent extends EventBase {
  readonly kind: 'deployment';
  /** The apps and pods it is about, as far as the event says; Marathon before 1.0 names none in the two last ones. */
  readonly appIds: readonly string[];
}

/** Many apps may have changed. `group_change_success`, `group_change_failed`. */
export interface GroupEvent extends EventBase {
  readonly kind: 'group';
  /** Everything under it; `/` is all there is. */
  readonly groupId: string;
}

/** Any other event, known or not; nothing follows from it. */
export interface OtherEvent extends EventBase {
  readonly kind: 'other';
}

/** An event of Marathon's event bus, as far as it matters here. */
export type MarathonEvent =
  | TaskStatusEvent
  | InstanceEvent
  | HealthEvent
  | AppEvent
  | DeploymentEvent
  | GroupEvent
  | OtherEvent;
