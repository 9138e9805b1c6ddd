import { parseConsulAddress } from '../consul/consul-address.ts';
import { isConsulError } from '../consul/consul-error.ts';
import type { NodeInfo } from '../consul/decode/health.ts';
import type { CallOptions } from '../consul/read-options.ts';
import { agentAddress } from './agent-address.ts';
import type { AgentPlace } from './bridge-action.ts';
import type { BridgeAgent, BridgeConsul } from './bridge-options.ts';
import type { BridgeSettings } from './bridge-settings.ts';
import type { Agents } from './diff-input.ts';
import { asError } from './failure.ts';
import { Limit } from './limit.ts';

/** What an {@link AgentDirectory} is made of. */
export interface AgentDirectoryOptions {
  readonly consul: BridgeConsul;
  readonly openAgent: (address: string) => BridgeAgent;
  readonly settings: Pick<BridgeSettings, 'fallback' | 'fallbackTimeoutMs'>;
}

const AT_ONCE = 16;

/**
 * Which agent is where. A task's host and a node's address may be two names of one agent; taking them for two would
 * register a service and then deregister it again, so agents are known by their node's name.
 */
export class AgentDirectory implements Agents, AsyncDisposable {
  readonly #options: AgentDirectoryOptions;
  readonly #clients = new Map<string, BridgeAgent>();
  #nodes: readonly NodeInfo[] = [];
  #places = new Map<string, AgentPlace>();
  #unreadable = new Map<string, Error>();
  #main: AgentPlace;

  constructor(options: AgentDirectoryOptions) {
    this.#options = options;
    this.#main = unknownPlace(parseConsulAddress(options.consul.address).host);
  }

  get main(): AgentPlace {
    return this.#main;
  }

  placeOf(host: string): AgentPlace {
    return this.#places.get(host) ?? unknownPlace(host);
  }

  /** The place of a node that the catalog named. */
  placeOfNode({ name, address }: Pick<NodeInfo, 'name' | 'address'>): AgentPlace {
    const known = [...this.#places.values()].find(({ key }) => key === name);
    return known ?? { key: name, host: address, isKnown: true };
  }

  unreadable(place: AgentPlace): Error | undefined {
    return this.#unreadable.get(place.key);
  }

  /** Notes that an agent did not answer; until the next {@link refresh} it counts as unreadable. */
  markUnreadable(place: AgentPlace, error: Error): void {
    this.#unreadable.set(place.key, error);
  }

  /** Agents that did not answer. */
  get unreadables(): readonly { readonly agent: string; readonly error: Error }[] {
    return [...this.#unreadable].map(([agent, error]) => ({ agent, error }));
  }

  /**
   * Looks at all nodes and at the agents of these hosts anew.
   * @returns every agent there is
   * @throws ConsulError when the main agent does not tell the nodes
   */
  async refresh(hosts: Iterable<string>, signal: AbortSignal): Promise<readonly AgentPlace[]> {
    const { consul } = this.#options;
    this.#unreadable = new Map();
    this.#nodes = (await consul.catalog.nodes({ signal })).value;
    this.#places = new Map();
    this.#main = await this.#mainPlace(signal);
    await this.resolve(hosts, signal);
    const nodes = this.#nodes.filter(hasAgent).map((node) => this.placeOfNode(node));
    const places = [this.#main, ...this.#places.values(), ...nodes];
    const byKey = new Map(places.map((place) => [place.key, place]));
    byKey.set(this.#main.key, this.#main);
    await this.#closeAllBut(new Set([...byKey.values()].map(({ host }) => host)));
    return [...byKey.values()];
  }

  /** Finds out whose agents these hosts have, where that is not known yet. */
  async resolve(hosts: Iterable<string>, signal: AbortSignal): Promise<void> {
    const unknown = [...new Set(hosts)].filter((host) => !this.#places.has(host));
    await new Limit(AT_ONCE).each(unknown, async (host) => {
      this.#places.set(host, await this.#resolved(host, signal));
    });
  }

  /** The client for an agent. @throws Error when its host is none */
  client(place: AgentPlace): Pick<BridgeAgent, 'agent'> {
    const { consul, openAgent } = this.#options;
    if (place.key === this.#main.key) return consul;
    const known = this.#clients.get(place.host);
    if (known !== undefined) return known;
    const opened = openAgent(agentAddress(consul.address, place.host));
    this.#clients.set(place.host, opened);
    return opened;
  }

  /** How an agent is called: while there is a fallback, none but the main one may take long. */
  callOptions(place: AgentPlace, signal: AbortSignal): CallOptions {
    const { fallback, fallbackTimeoutMs } = this.#options.settings;
    return fallback && place.key !== this.#main.key ? { signal, timeoutMs: fallbackTimeoutMs } : { signal };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#closeAllBut(new Set());
  }

  async #mainPlace(signal: AbortSignal): Promise<AgentPlace> {
    const { consul } = this.#options;
    const { host } = parseConsulAddress(consul.address);
    try {
      return { key: (await consul.agent.self({ signal })).nodeName, host, isKnown: true };
    } catch {
      signal.throwIfAborted();
      const node = this.#nodeOf(host) ?? (this.#nodes.length === 1 ? this.#nodes[0] : undefined);
      return node === undefined ? unknownPlace(host) : { key: node.name, host, isKnown: true };
    }
  }

  async #resolved(host: string, signal: AbortSignal): Promise<AgentPlace> {
    const node = this.#nodeOf(host);
    if (node !== undefined) return { key: node.name, host, isKnown: true };
    const place = unknownPlace(host);
    try {
      const { nodeName } = await this.client(place).agent.self(this.callOptions(place, signal));
      return { key: nodeName, host, isKnown: true };
    } catch (error) {
      signal.throwIfAborted();
      if (!isRefusal(error)) this.markUnreadable(place, asError(error));
      return place;
    }
  }

  #nodeOf(host: string): NodeInfo | undefined {
    const wanted = host.toLowerCase();
    return this.#nodes.find(({ name, address, taggedAddresses }) =>
      [name, address, taggedAddresses.get('lan')].some((each) => each?.toLowerCase() === wanted),
    );
  }

  async #closeAllBut(hosts: ReadonlySet<string>): Promise<void> {
    const gone = [...this.#clients].filter(([host]) => !hosts.has(host));
    for (const [host] of gone) this.#clients.delete(host);
    await Promise.all(gone.map(([, client]) => client[Symbol.asyncDispose]()));
  }
}

function unknownPlace(host: string): AgentPlace {
  return { key: `host ${host}`, host, isKnown: false };
}

/** Nodes that somebody entered by hand, for services outside, are marked so that nobody looks for an agent there. */
function hasAgent({ meta }: NodeInfo): boolean {
  return meta.get('external-node') !== 'true';
}

/** The agent answers, but not to this token: it may well take registrations. */
function isRefusal(error: unknown): boolean {
  return isConsulError(error, 'PermissionDenied');
}
