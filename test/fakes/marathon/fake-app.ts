/** A port of a fake app. */
export interface FakePort {
  readonly name?: string;
  /** With a container network or a bridge; else the host's port is the task's. */
  readonly containerPort?: number;
  /** False: none on the host (container networks). Default true. */
  readonly onHost?: boolean;
  /** Default: the next free from 10000. */
  readonly servicePort?: number;
  readonly labels?: Readonly<Record<string, string>>;
}

/** An app as a test wants it. */
export interface FakeApp {
  readonly id: string;
  /** Default 1. */
  readonly instances?: number;
  readonly labels?: Readonly<Record<string, string>>;
  /** Default: one port without a name. Empty: none. */
  readonly ports?: readonly FakePort[];
  /** Default `host`. */
  readonly network?: 'host' | 'bridge' | 'container';
  /** As Marathon has them. */
  readonly healthChecks?: readonly Readonly<Record<string, unknown>>[];
  /** As Marathon has them; since 1.1. */
  readonly readinessChecks?: readonly Readonly<Record<string, unknown>>[];
}

/** A task as it is. */
export interface FakeTask {
  readonly id: string;
  readonly instanceId: string;
  readonly appId: string;
  host: string;
  ports: readonly number[];
  readonly ip: string;
  state: string;
  stagedAt: string;
  startedAt: string | undefined;
  version: string;
  /** One per health check; undefined: it has not answered yet. */
  health: (boolean | undefined)[];
  ready: boolean;
}

/** A container of a fake pod. */
export interface FakePodContainer {
  readonly name: string;
  readonly endpoints?: readonly {
    readonly name: string;
    readonly containerPort?: number;
    readonly hostPort?: number;
  }[];
  readonly healthCheck?: Readonly<Record<string, unknown>>;
}

/** A pod as a test wants it. Its network is `container`. */
export interface FakePod {
  readonly id: string;
  readonly instances?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly containers: readonly FakePodContainer[];
}

/** An instance of a pod as it is. */
export interface FakePodInstance {
  readonly id: string;
  readonly host: string;
  readonly ip: string;
  /** Container's name to its task's state. */
  readonly states: Map<string, string>;
  /** `container/endpoint` to its port on the host. */
  readonly hostPorts: ReadonlyMap<string, number>;
}
