import type { MarathonTask } from './marathon-task.ts';

/** Who runs a health check's probe, and how. */
export type HealthCheckProtocol = 'http' | 'https' | 'tcp' | 'grpc' | 'command' | 'other';

/** A health check of an app (or of a pod's container). */
export interface AppHealthCheck {
  readonly protocol: HealthCheckProtocol;
  /** As Marathon names it: `HTTP`, `MESOS_HTTP`, `COMMAND`, … For messages. */
  readonly protocolName: string;
  /** Of HTTP and HTTPS; default `/`. */
  readonly path: string;
  /** Index in {@link MarathonApp.ports}. Undefined when `port` is given, and with commands. */
  readonly portIndex: number | undefined;
  /** A fixed port instead of one of the app's. */
  readonly port: number | undefined;
  /** Name of the endpoint that is probed, in pods. */
  readonly endpoint: string | undefined;
  /** Failures do not count for this long after the start. */
  readonly gracePeriodMs: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** After so many the task is killed; 0: never. */
  readonly maxConsecutiveFailures: number;
}

/** Asked while a deployment goes on: whether a task is ready to get requests. Since Marathon 1.1. */
export interface ReadinessCheck {
  readonly name: string;
  readonly protocol: 'http' | 'https';
  readonly path: string;
  readonly portName: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/** What a readiness check said of a task. Only known while a deployment goes on. */
export interface ReadinessResult {
  readonly name: string;
  readonly taskId: string;
  readonly ready: boolean;
}

/**
 * How an app's tasks are on the network: `host` shares the host's address, `bridge` has ports mapped from the host's,
 * `container` gives each task an address of its own.
 */
export type NetworkMode = 'host' | 'bridge' | 'container';

/** A network that an app is on. */
export interface AppNetwork {
  readonly mode: NetworkMode;
  /** Of container networks. */
  readonly name: string | undefined;
}

/**
 * A port of an app, wherever its version of Marathon has it: `ports`, `portDefinitions`, `container.portMappings`,
 * `container.docker.portMappings` or `ipAddress.discovery.ports`. Its place in {@link MarathonApp.ports} is the
 * `portIndex` of health checks.
 */
export interface AppPort {
  readonly name: string | undefined;
  /** `tcp`, `udp` or both. */
  readonly protocols: readonly string[];
  readonly labels: ReadonlyMap<string, string>;
  /** What the task listens on inside its network; 0: the same as on the host. Undefined with the host's network. */
  readonly containerPort: number | undefined;
  /** Place of this port among {@link MarathonTask.ports}; undefined: it has none on the host. */
  readonly hostPortIndex: number | undefined;
  /** The well-known port for load balancers; undefined where the app has none. */
  readonly servicePort: number | undefined;
}

/** An app, as `/v2/apps` tells it. */
export interface MarathonApp {
  /** With its leading slash. */
  readonly id: string;
  readonly labels: ReadonlyMap<string, string>;
  /** How many tasks are wanted. */
  readonly instances: number;
  readonly ports: readonly AppPort[];
  /** Never empty. */
  readonly networks: readonly AppNetwork[];
  readonly healthChecks: readonly AppHealthCheck[];
  readonly readinessChecks: readonly ReadinessCheck[];
  readonly readinessResults: readonly ReadinessResult[];
  /** ISO 8601, changes with each change of the app. */
  readonly version: string | undefined;
  /** Undefined when they were not asked for. */
  readonly tasks: readonly MarathonTask[] | undefined;
}
