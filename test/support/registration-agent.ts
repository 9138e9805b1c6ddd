import { ConsulError, type ConsulErrorKind } from '../../src/consul/consul-error.ts';
import type { AgentServiceHealth } from '../../src/consul/decode/agent.ts';
import type { HealthCheck, HealthEntry } from '../../src/consul/decode/health.ts';
import type { ServiceDefinition } from '../../src/consul/service-definition.ts';
import type { RegistrarOptions } from '../../src/registration/registrar-options.ts';

/** The error that a Consul call fails with. */
function consulError(kind: ConsulErrorKind): ConsulError {
  return new ConsulError({ kind, method: 'PUT', path: '/v1/agent/service/register', problem: 'no' });
}

/** A Consul agent in memory: knows services, their TTL checks and maintenance, and can be down, forget, or have no leader. */
export class FakeAgent {
  readonly calls: string[] = [];
  readonly services: Map<string, ServiceDefinition> = new Map();
  readonly statuses: Map<string, string> = new Map();
  readonly maintained: Map<string, string> = new Map();
  /** What every call fails with; undefined: none does. */
  failure: ConsulErrorKind | undefined;
  /** Whether what is registered reaches the catalog. */
  hasLeader = true;
  /** Calls under way, and the most there ever were. */
  open = 0;
  mostOpen = 0;

  /** What a registrar takes. */
  get consul(): RegistrarOptions['consul'] {
    return {
      agent: {
        register: (service, options) =>
          this.#call(`register ${service.id}${options?.replaceExistingChecks === true ? ' replacing' : ''}`, () =>
            this.#register(service),
          ),
        deregister: (id) => this.#call(`deregister ${id}`, () => this.services.delete(id)),
        serviceHealth: (id) => this.#call(`look ${id}`, () => this.#health(id)),
        maintainService: (id, enable, options) =>
          this.#call(`maintain ${id} ${enable}`, () => {
            if (enable) this.maintained.set(id, options?.reason ?? '');
            else this.maintained.delete(id);
          }),
        checks: { update: (id, status) => this.#call(`beat ${id} ${status}`, () => this.#update(id, status)) },
      },
      health: {
        service: async (name) => ({
          value: await this.#call(`catalog ${name}`, () => (this.hasLeader ? this.#entries(name) : [])),
          meta: NO_META,
        }),
      },
    };
  }

  /** Loses everything, as a restart without a data directory does. */
  forget(): void {
    this.services.clear();
    this.statuses.clear();
    this.maintained.clear();
  }

  async #call<T>(what: string, act: () => T): Promise<T> {
    this.calls.push(what);
    this.open += 1;
    this.mostOpen = Math.max(this.mostOpen, this.open);
    await new Promise((resolve) => setImmediate(resolve));
    this.open -= 1;
    if (this.failure !== undefined) throw consulError(this.failure);
    return act();
  }

  #register(service: ServiceDefinition): void {
    this.services.set(service.id ?? service.name, service);
    this.maintained.delete(service.id ?? service.name);
    for (const { id = '' } of service.checks ?? []) if (!this.statuses.has(id)) this.statuses.set(id, 'critical');
  }

  #update(id: string, status: string): void {
    if (!this.statuses.has(id)) throw consulError('NotFound');
    this.statuses.set(id, status);
  }

  #health(id: string): AgentServiceHealth | undefined {
    const service = this.services.get(id);
    if (service === undefined) return undefined;
    const checks = (service.checks ?? []).map(
      (check): HealthCheck => ({
        id: check.id ?? '',
        node: 'node-1',
        name: check.name ?? '',
        status: this.statuses.get(check.id ?? '') === 'passing' ? 'passing' : 'critical',
        notes: '',
        output: '',
        serviceId: id,
        serviceName: service.name,
        serviceTags: [],
        type: check.probe.kind,
      }),
    );
    return { status: 'passing', service: { ...infoOf(service), contentHash: '', enableTagOverride: false }, checks };
  }

  #entries(name: string): readonly HealthEntry[] {
    const node = {
      id: '',
      name: 'node-1',
      address: '127.0.0.1',
      datacenter: 'dc1',
      taggedAddresses: new Map(),
      meta: new Map(),
    };
    const ours = [...this.services.values()].filter((service) => service.name === name);
    return ours.map((service) => ({ node, service: infoOf(service), checks: [] }));
  }
}

function infoOf(service: ServiceDefinition): HealthEntry['service'] {
  return {
    id: service.id ?? service.name,
    name: service.name,
    tags: service.tags ?? [],
    address: service.address ?? '',
    port: service.port ?? 0,
    meta: new Map(service.meta instanceof Map ? service.meta : []),
    taggedAddresses: new Map(),
    weights: service.weights ?? { passing: 1, warning: 1 },
    kind: '',
  };
}

const NO_META = {
  index: 1,
  contentHash: undefined,
  knownLeader: true,
  lastContactMs: 0,
  cache: undefined,
  ageMs: undefined,
  effectiveConsistency: undefined,
};
