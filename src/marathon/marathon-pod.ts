import type { AppHealthCheck, AppNetwork } from './marathon-app.ts';
import type { TaskPhase } from './task-phase.ts';

/** Where a container of a pod can be reached. */
export interface PodEndpoint {
  readonly name: string;
  readonly protocols: readonly string[];
  readonly labels: ReadonlyMap<string, string>;
  /** Undefined with the host's network. */
  readonly containerPort: number | undefined;
  /** Whether it has a port on the host. */
  readonly onHost: boolean;
}

/** A container of a pod, as it is wanted. */
export interface PodContainer {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly endpoints: readonly PodEndpoint[];
  /** At most one; its port is {@link AppHealthCheck.endpoint}. */
  readonly healthCheck: AppHealthCheck | undefined;
}

/** An endpoint of a running container. */
export interface PodEndpointStatus {
  readonly name: string;
  readonly hostPort: number | undefined;
  /** Undefined without a health check on it. */
  readonly healthy: boolean | undefined;
}

/** A container of a running instance: what a task is to an app. */
export interface PodContainerStatus {
  /** The task's id, as events name it; undefined before it was launched. */
  readonly taskId: string | undefined;
  /** Of the {@link PodContainer}. */
  readonly name: string;
  /** Such as `TASK_RUNNING`. */
  readonly state: string;
  readonly phase: TaskPhase;
  readonly endpoints: readonly PodEndpointStatus[];
}

/** An instance of a pod: containers that share a host and an address. */
export interface PodInstance {
  readonly id: string;
  /** `PENDING`, `STAGING`, `STABLE`, `DEGRADED` or `TERMINAL`. */
  readonly state: string;
  /** Name or address of its Mesos agent. */
  readonly host: string | undefined;
  /** Its own addresses, on container networks. */
  readonly addresses: readonly string[];
  readonly containers: readonly PodContainerStatus[];
}

/** A pod and its instances, as `/v2/pods/::status` tells them. Since Marathon 1.4. */
export interface MarathonPod {
  /** With its leading slash; apps and pods share one tree of ids. */
  readonly id: string;
  readonly labels: ReadonlyMap<string, string>;
  /** How many instances are wanted. */
  readonly wanted: number;
  /** Never empty. */
  readonly networks: readonly AppNetwork[];
  readonly containers: readonly PodContainer[];
  readonly version: string | undefined;
  readonly instances: readonly PodInstance[];
}
