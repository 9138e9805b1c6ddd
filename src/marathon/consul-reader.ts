import type { HealthCheck } from '../consul/decode/health.ts';
import type { KvEntry } from '../consul/decode/kv.ts';
import { type ActualState, type FoundService, foundService } from './actual-state.ts';
import type { AgentDirectory } from './agent-directory.ts';
import type { AgentPlace } from './bridge-action.ts';
import type { BridgeListener } from './bridge-observer.ts';
import type { BridgeConsul } from './bridge-options.ts';
import { asError } from './failure.ts';
import { type FoundLabel, foundLabel, LABEL_PREFIX, labelFolder } from './labels.ts';
import { Limit } from './limit.ts';
import { ownAppId } from './own-tags.ts';

/** What a {@link ConsulReader} is made of. */
export interface ConsulReaderOptions {
  readonly consul: BridgeConsul;
  readonly directory: AgentDirectory;
  readonly registrationId: string;
  readonly onEvent: BridgeListener;
}

/** What a narrow read is about. */
export interface NarrowRead {
  readonly appIds: ReadonlySet<string>;
  /** Names under which their services are, or are to be. */
  readonly serviceNames: ReadonlySet<string>;
  /** Names of the apps, for their labels. */
  readonly appNames: ReadonlySet<string>;
  /** Of the tasks that run. */
  readonly hosts: ReadonlySet<string>;
}

const AT_ONCE = 16;

/** Reads what is in Consul of the bridge's own. */
export class ConsulReader {
  readonly #options: ConsulReaderOptions;

  constructor(options: ConsulReaderOptions) {
    this.#options = options;
  }

  /**
   * Everything, from every node's agent: only they know what they look after, and only through them it can be taken
   * away. Agents that do not answer are left out, and told.
   * @throws ConsulError when the main agent does not tell the nodes
   */
  async all(hosts: Iterable<string>, signal: AbortSignal): Promise<ActualState> {
    const { directory, onEvent } = this.#options;
    const places = await directory.refresh(hosts, signal);
    const labels = this.#labels([LABEL_PREFIX], signal);
    const services = await new Limit(AT_ONCE).each(places, (place) => this.#servicesOn(place, signal));
    for (const { agent, error } of directory.unreadables) onEvent({ kind: 'agent_unreadable', agent, error });
    return { services: services.flat(), labelsByName: await labels };
  }

  /**
   * What there is of some apps, from the catalog: as many calls as there are names, however many agents. The catalog
   * follows the agents within moments.
   * @throws ConsulError
   */
  async of(read: NarrowRead, signal: AbortSignal): Promise<ActualState> {
    const { consul, directory, registrationId } = this.#options;
    await directory.resolve(read.hosts, signal);
    const labels = this.#labels([...read.appNames].map(labelFolder), signal);
    const found = await new Limit(AT_ONCE).each(read.serviceNames, async (name) => {
      const { value } = await consul.health.service(name, { signal });
      return value.flatMap(({ node, service, checks }): readonly FoundService[] => {
        const agent = directory.placeOfNode(node);
        const one = foundService(service, checkIdsOf(service.id, checks), { agent, registrationId });
        // What is on an agent that does not answer cannot be taken away, and is not looked at in a whole sync either.
        return one === undefined || directory.unreadable(agent) !== undefined ? [] : [one];
      });
    });
    const services = found.flat().filter(({ appId }) => read.appIds.has(appId));
    return { services, labelsByName: await labels };
  }

  async #servicesOn(agent: AgentPlace, signal: AbortSignal): Promise<readonly FoundService[]> {
    const { directory, registrationId } = this.#options;
    if (directory.unreadable(agent) !== undefined) return [];
    try {
      const { agent: api } = directory.client(agent);
      const options = directory.callOptions(agent, signal);
      const services = [...(await api.services(options)).values()].filter(
        ({ tags }) => ownAppId(tags, registrationId) !== undefined,
      );
      if (services.length === 0) return [];
      const checks = Map.groupBy((await api.checks.list(options)).values(), ({ serviceId }) => serviceId);
      return services.flatMap((service) => {
        const checkIds = checkIdsOf(service.id, checks.get(service.id) ?? []);
        return foundService(service, checkIds, { agent, registrationId }) ?? [];
      });
    } catch (error) {
      signal.throwIfAborted();
      directory.markUnreadable(agent, asError(error));
      return [];
    }
  }

  async #labels(
    prefixes: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, readonly FoundLabel[]> | undefined> {
    const { consul, onEvent } = this.#options;
    try {
      const entries = await new Limit(AT_ONCE).each(prefixes, async (prefix): Promise<readonly KvEntry[]> => {
        return (await consul.kv.list(prefix, { signal })).value;
      });
      return Map.groupBy(
        entries.flat().flatMap((entry) => foundLabel(entry) ?? []),
        ({ name }) => name,
      );
    } catch (error) {
      if (!signal.aborted) onEvent({ kind: 'labels_unreadable', error: asError(error) });
      return undefined;
    }
  }
}

function checkIdsOf(serviceId: string, checks: readonly HealthCheck[]): readonly string[] {
  return checks.filter((check) => check.serviceId === serviceId).map(({ id }) => id);
}
