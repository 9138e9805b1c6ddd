import type { FakeApp, FakePod, FakePodInstance, FakePort, FakeTask } from './fake-app.ts';
import type { VersionTraits } from './marathon-version.ts';

/** JSON as Marathon writes it. */
export type Json = Readonly<Record<string, unknown>>;

/** An app as the cluster keeps it. */
export interface KeptApp extends FakeApp {
  readonly instances: number;
  readonly ports: readonly (FakePort & { readonly servicePort: number })[];
  readonly network: 'host' | 'bridge' | 'container';
  readonly version: string;
  readonly deploymentId: string | undefined;
}

/**
 * An app of `/v2/apps`, without its tasks.
 * Source: mesosphere/marathon `rest-api/public/api/v2/examples/app.json` at v0.15.0 (`ports`, `container.docker`,
 * `ipAddress`), v1.1.0 (`portDefinitions`), v1.4.7, and `types/app.raml`, `types/appContainer.raml` of 1.5 and later
 * (`networks`, `container.portMappings`); fields that the bridge does not read are kept to a few.
 */
export function appJson(app: KeptApp, traits: VersionTraits): Json {
  const servicePorts = app.ports.map((port) => port.servicePort);
  return {
    id: app.id,
    cmd: './serve',
    cpus: 0.1,
    mem: 16,
    disk: 0,
    instances: app.instances,
    env: { MODE: 'test' },
    labels: app.labels ?? {},
    healthChecks: app.healthChecks ?? [],
    ...(traits.portDefinitions ? { readinessChecks: app.readinessChecks ?? [] } : {}),
    upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 1 },
    version: app.version,
    deployments: app.deploymentId === undefined ? [] : [{ id: app.deploymentId }],
    ...(traits.networks ? newNetworking(app) : oldNetworking(app, servicePorts)),
    ...(traits.portDefinitions && app.network === 'host' ? { portDefinitions: definitions(app) } : {}),
    ...(traits.networks ? {} : { ports: servicePorts }),
    requirePorts: false,
  };
}

function newNetworking(app: KeptApp): Json {
  if (app.network === 'host') return { networks: [{ mode: 'host' }] };
  const bridged = app.network === 'bridge';
  return {
    networks: [bridged ? { mode: 'container/bridge' } : { name: 'overlay', mode: 'container' }],
    container: { type: 'DOCKER', docker: { image: 'web', forcePullImage: false }, portMappings: mappings(app) },
  };
}

function oldNetworking(app: KeptApp, servicePorts: readonly number[]): Json {
  if (app.network === 'host') return { container: null, ipAddress: null };
  if (app.network === 'bridge') {
    const docker = { image: 'web', network: 'BRIDGE', portMappings: mappings(app), privileged: false };
    return { container: { type: 'DOCKER', volumes: [], docker }, ipAddress: null };
  }
  const ports = app.ports.map((port, index) => ({
    number: port.containerPort ?? servicePorts[index],
    name: port.name ?? `port-${index}`,
    protocol: 'tcp',
  }));
  return { container: null, ipAddress: { groups: [], labels: {}, networkName: 'overlay', discovery: { ports } } };
}

function mappings(app: KeptApp): readonly Json[] {
  return app.ports.map(({ name, containerPort = 0, onHost = true, servicePort, labels }) => ({
    containerPort,
    ...(onHost ? { hostPort: 0 } : {}),
    servicePort,
    protocol: 'tcp',
    ...(name === undefined ? {} : { name }),
    labels: labels ?? {},
  }));
}

function definitions(app: KeptApp): readonly Json[] {
  return app.ports.map(({ name, servicePort, labels }) => ({
    port: servicePort,
    protocol: 'tcp',
    ...(name === undefined ? {} : { name }),
    labels: labels ?? {},
  }));
}

/**
 * A task. Source: mesosphere/marathon `examples/tasks.json` at v0.15.0 and v1.8.222, `types/task.raml`;
 * `healthCheckResults` as in allegro/marathon-consul `apps/testdata/tasks.json`.
 */
export function taskJson(task: FakeTask, app: KeptApp | undefined, traits: VersionTraits): Json {
  const named = traits.instances ? { instanceId: task.instanceId } : { taskId: task.id };
  const results = task.health.flatMap((alive) =>
    alive === undefined
      ? []
      : [{ alive, consecutiveFailures: alive ? 0 : 1, firstSuccess: task.startedAt, lastFailure: null, ...named }],
  );
  return {
    id: task.id,
    appId: task.appId,
    host: task.host,
    ports: task.ports,
    servicePorts: app?.ports.map((port) => port.servicePort) ?? [],
    slaveId: '5c1e-S0',
    ipAddresses: [{ ipAddress: ipOf(task, app), protocol: 'IPv4' }],
    stagedAt: task.stagedAt,
    startedAt: task.startedAt ?? null,
    version: task.version,
    ...(traits.taskState ? { state: task.state, localVolumes: [] } : {}),
    ...(results.length > 0 ? { healthCheckResults: results } : {}),
  };
}

/** On the host's network a task has the host's address. */
export function ipOf(task: FakeTask, app: KeptApp | undefined): string {
  return app?.network === 'container' ? task.ip : '127.0.0.1';
}

/** A pod of `/v2/pods/::status`. Source: mesosphere/marathon `types/podStatus.raml`, `types/pod.raml` at v1.8.222. */
export function podJson(pod: FakePod, instances: readonly FakePodInstance[], version: string): Json {
  return {
    id: pod.id,
    spec: {
      id: pod.id,
      version,
      labels: pod.labels ?? {},
      networks: [{ name: 'overlay', mode: 'container' }],
      scaling: { kind: 'fixed', instances: pod.instances ?? 1 },
      containers: pod.containers.map(({ name, endpoints = [], healthCheck }) => ({
        name,
        resources: { cpus: 0.1, mem: 32, disk: 0, gpus: 0 },
        endpoints: endpoints.map((endpoint) => ({ ...endpoint, protocol: ['tcp'] })),
        ...(healthCheck === undefined ? {} : { healthCheck }),
      })),
    },
    status: instances.length < (pod.instances ?? 1) ? 'DEGRADED' : 'STABLE',
    statusSince: version,
    instances: instances.map((instance) => podInstanceJson(pod, instance, version)),
    terminationHistory: [],
    lastUpdated: version,
    lastChanged: version,
  };
}

function podInstanceJson(pod: FakePod, instance: FakePodInstance, version: string): Json {
  return {
    id: instance.id,
    status: [...instance.states.values()].every((state) => state === 'TASK_RUNNING') ? 'STABLE' : 'DEGRADED',
    statusSince: version,
    agentHostname: instance.host,
    networks: [{ name: 'overlay', addresses: [instance.ip] }],
    containers: pod.containers.map(({ name, endpoints = [] }) => ({
      name,
      status: instance.states.get(name) ?? 'TASK_STAGING',
      statusSince: version,
      containerId: `${instance.id}.${name}`,
      endpoints: endpoints.map((endpoint) => ({
        name: endpoint.name,
        allocatedHostPort: instance.hostPorts.get(`${name}/${endpoint.name}`),
      })),
      lastUpdated: version,
      lastChanged: version,
    })),
    lastUpdated: version,
    lastChanged: version,
  };
}
