import type { Answer } from '../../src/consul/answer.ts';
import { ConsulError } from '../../src/consul/consul-error.ts';
import type { AgentSelf, AgentService } from '../../src/consul/decode/agent.ts';
import type { HealthCheck, HealthEntry, NodeInfo, ServiceInfo } from '../../src/consul/decode/health.ts';
import type { KvEntry } from '../../src/consul/decode/kv.ts';
import type { CallOptions } from '../../src/consul/read-options.ts';
import type { ServiceDefinition } from '../../src/consul/service-definition.ts';
import type { BridgeAgent, BridgeConsul } from '../../src/marathon/bridge-options.ts';

/** A service that an agent has. */
type Registered = ServiceDefinition & { readonly id: string };

/** A node with its agent. */
export interface MemoryNode {
  readonly name: string;
  /** By which tasks name it. */
  readonly host: string;
  /** False: it answers nothing. Its services stay in the catalog. */
  isUp: boolean;
  /** Entered by hand, without an agent. */
  isExternal: boolean;
  /** It answers reads, and refuses writes with a 500. */
  isRefusing: boolean;
  readonly services: Map<string, Registered>;
}

/** A call that is about to be carried out. */
export interface MemoryCall {
  readonly doing: 'read' | 'register' | 'deregister' | 'put' | 'delete';
  /** Undefined for the key-value store. */
  readonly node: MemoryNode | undefined;
  /** Service id or key. */
  readonly on: string;
}

/**
 * A cluster of Consul agents in memory, without HTTP: fast enough for whole lives of a bridge. It knows only what the
 * bridge uses, and is held against real ones by the integration tests of the bridge.
 */
export class MemoryConsul {
  readonly nodes: readonly MemoryNode[];
  readonly kv: Map<string, { value: string; flags: bigint; session?: string }> = new Map();
  /** Hears every call before it is carried out; may throw, or take its time. */
  onCall: (call: MemoryCall) => void | Promise<void> = () => undefined;
  /** Calls that were carried out. */
  calls = 0;
  writes = 0;
  /** Other names of hosts, as a DNS server would know them. */
  readonly aliases: Map<string, string> = new Map();
  /** While true the catalog does not follow the agents. */
  #frozen: ReadonlyMap<MemoryNode, ReadonlyMap<string, Registered>> | undefined;

  constructor(hosts: readonly string[]) {
    this.nodes = hosts.map((host, index) => ({
      name: `node-${index}`,
      host,
      isUp: true,
      isExternal: false,
      isRefusing: false,
      services: new Map(),
    }));
  }

  /** The catalog stays as it is, whatever the agents do; undefined: it follows them again. */
  freezeCatalog(isFrozen: boolean): void {
    this.#frozen = isFrozen ? new Map(this.nodes.map((node) => [node, new Map(node.services)])) : undefined;
  }

  /** All own services of any agent: `node id`. */
  get registered(): readonly string[] {
    return this.nodes.flatMap(({ name, services }) => [...services.keys()].map((id) => `${name} ${id}`)).toSorted();
  }

  /** The main agent's, which is the first node's. */
  get main(): BridgeConsul {
    const first = this.nodes[0] as MemoryNode;
    return {
      address: `http://${first.host}:8500`,
      agent: this.#agentOf(first),
      catalog: {
        nodes: async ({ signal } = {}) => {
          await this.#call({ doing: 'read', node: first, on: 'nodes' }, signal);
          return answer(this.nodes.map(nodeInfo));
        },
      },
      health: {
        service: async (name, { signal } = {}) => {
          await this.#call({ doing: 'read', node: first, on: name }, signal);
          return answer(this.nodes.flatMap((node) => entriesOf(node, this.#frozen?.get(node) ?? node.services, name)));
        },
      },
      kv: {
        list: async (prefix, { signal } = {}) => {
          await this.#call({ doing: 'read', node: undefined, on: prefix }, signal);
          const found = [...this.kv].filter(([key]) => key.startsWith(prefix));
          return answer(found.map(([key, entry]) => kvEntry(key, entry)));
        },
        put: async (key, value, { signal, flags = 0n } = {}) => {
          await this.#call({ doing: 'put', node: undefined, on: key }, signal);
          this.kv.set(key, { value: String(value), flags });
          return true;
        },
        delete: async (key, { signal } = {}) => {
          await this.#call({ doing: 'delete', node: undefined, on: key }, signal);
          this.kv.delete(key);
          return true;
        },
      },
    };
  }

  /** A client for the agent at an address. */
  open(address: string): BridgeAgent {
    const { hostname } = new URL(address);
    const known = this.aliases.get(hostname) ?? hostname;
    const node = this.nodes.find(({ host }) => host === known);
    if (node === undefined) throw new Error(`no agent at ${address}`);
    return { agent: this.#agentOf(node), [Symbol.asyncDispose]: async () => undefined };
  }

  #agentOf(node: MemoryNode): BridgeAgent['agent'] {
    return {
      self: async ({ signal } = {}) => {
        await this.#call({ doing: 'read', node, on: 'self' }, signal);
        return { nodeName: node.name } as AgentSelf;
      },
      services: async ({ signal } = {}) => {
        await this.#call({ doing: 'read', node, on: 'services' }, signal);
        return new Map([...node.services].map(([id, service]) => [id, serviceInfo(service)]));
      },
      register: async (service, { signal } = {}) => {
        const id = service.id ?? service.name;
        await this.#call({ doing: 'register', node, on: id }, signal);
        node.services.set(id, { ...service, id });
      },
      deregister: async (id, { signal } = {}) => {
        await this.#call({ doing: 'deregister', node, on: id }, signal);
        return node.services.delete(id);
      },
      checks: {
        list: async ({ signal } = {}) => {
          await this.#call({ doing: 'read', node, on: 'checks' }, signal);
          const checks = [...node.services.values()].flatMap((service) => checksOf(node, service));
          return new Map(checks.map((check) => [check.id, check]));
        },
        deregister: async (checkId, { signal } = {}) => {
          await this.#call({ doing: 'deregister', node, on: checkId }, signal);
        },
      },
    };
  }

  async #call(call: MemoryCall, signal: CallOptions['signal']): Promise<void> {
    signal?.throwIfAborted();
    await this.onCall(call);
    signal?.throwIfAborted();
    if (call.node?.isUp === false) throw new ConsulError({ ...UNREACHABLE, problem: `${call.node.host} is down` });
    if (call.node?.isRefusing === true && call.doing !== 'read') throw new ConsulError(REFUSED);
    this.calls += 1;
    if (call.doing !== 'read') this.writes += 1;
  }
}

const UNREACHABLE = { kind: 'Unreachable', method: 'PUT', path: '/v1/agent' } as const;

const REFUSED = { kind: 'ServerError', method: 'PUT', path: '/v1/agent', problem: 'no' } as const;

function answer<T>(value: T): Answer<T> {
  const meta = { index: 1, contentHash: undefined, knownLeader: true, lastContactMs: 0 };
  return { value, meta: { ...meta, cache: undefined, ageMs: undefined, effectiveConsistency: undefined } };
}

function nodeInfo({ name, host, isExternal }: MemoryNode): NodeInfo {
  const meta = new Map(isExternal ? [['external-node', 'true']] : []);
  return { id: name, name, address: host, datacenter: 'dc1', taggedAddresses: new Map(), meta };
}

function serviceInfo(service: Registered): AgentService {
  const { id, name, tags = [], address = '', port = 0 } = service;
  const info: ServiceInfo = {
    ...{ id, name, tags, address, port, kind: '', meta: new Map(), taggedAddresses: new Map() },
    weights: { passing: 1, warning: 1 },
  };
  return { ...info, contentHash: '', enableTagOverride: false };
}

function checksOf(node: MemoryNode, service: Registered): readonly HealthCheck[] {
  return (service.checks ?? []).map(({ id = '', name = '', status = 'critical' }) => ({
    ...{ id, name, status, node: node.name, notes: '', output: '', type: '' },
    ...{ serviceId: service.id, serviceName: service.name, serviceTags: service.tags ?? [] },
  }));
}

function entriesOf(
  node: MemoryNode,
  registered: ReadonlyMap<string, Registered>,
  name: string,
): readonly HealthEntry[] {
  const services = [...registered.values()].filter((service) => service.name === name);
  return services.map((service) => ({
    node: nodeInfo(node),
    service: serviceInfo(service),
    checks: checksOf(node, service),
  }));
}

function kvEntry(key: string, { value, flags, session }: { value: string; flags: bigint; session?: string }): KvEntry {
  const numbers = { createIndex: 1, modifyIndex: 1, lockIndex: session === undefined ? 0 : 1 };
  return { key, value: Buffer.from(value), flags, session, ...numbers };
}
