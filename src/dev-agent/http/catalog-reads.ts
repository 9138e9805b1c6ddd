import type { CheckRecord, ServiceRecord } from '../store/catalog-records.ts';
import type { CatalogStore, NodeEntry } from '../store/catalog-store.ts';
import { LAST_EXTINCTION, serviceIndex } from '../store/catalog-topics.ts';
import type { Ledger } from '../store/ledger.ts';
import type { ReadResult } from './blocking-read.ts';

/** An instance with its node and all checks that count for it. */
export interface Instance {
  readonly entry: NodeEntry;
  readonly service: ServiceRecord;
  readonly checks: readonly CheckRecord[];
}

/** What the reads look at. */
export interface CatalogSource {
  readonly ledger: Ledger;
  readonly catalog: CatalogStore;
}

/**
 * The instances of a service with their health. Its index is the service's own, and only that wakes; a service that is
 * not there has the index of the last extinction, or of the catalog before the first one (docs/consul-client.md 8, 9).
 */
export function readInstances({ ledger, catalog }: CatalogSource, name: string): ReadResult<readonly Instance[]> {
  const value = catalog.instances(name).flatMap((service) => {
    const entry = catalog.node(service.Node);
    return entry === undefined ? [] : [{ entry, service, checks: checksFor(entry, service) }];
  });
  const known = value.length > 0;
  return {
    value,
    index: indexOfService(ledger, name, known) ?? ledger.maxOf('nodes', 'services', 'checks'),
    topics: known ? [`index/${serviceIndex(name)}`] : [`services/name/${name.toLowerCase()}`],
  };
}

/** The instances of a service without their health: flips of checks raise the index but do not wake (docs/consul-client.md 10). */
export function readServiceNodes({ ledger, catalog }: CatalogSource, name: string): ReadResult<readonly Instance[]> {
  const value = catalog.instances(name).flatMap((service) => {
    const entry = catalog.node(service.Node);
    return entry === undefined ? [] : [{ entry, service, checks: [] }];
  });
  const topics = [`services/name/${name.toLowerCase()}`, ...value.map(({ entry }) => nodeTopic(entry))];
  const index = indexOfService(ledger, name, value.length > 0) ?? ledger.maxOf('nodes', 'services');
  return { value, index, topics };
}

function indexOfService(ledger: Ledger, name: string, known: boolean): number | undefined {
  return known ? ledger.lastOf(serviceIndex(name)) : ledger.lastOf(LAST_EXTINCTION);
}

/** The checks of the node, then those of the instance, each by id. */
function checksFor(entry: NodeEntry, service: ServiceRecord): readonly CheckRecord[] {
  const all = sortedChecks(entry);
  const id = service.ID.toLowerCase();
  return [
    ...all.filter((check) => check.ServiceID === ''),
    ...all.filter((check) => check.ServiceID !== '' && check.ServiceID.toLowerCase() === id),
  ];
}

/** The checks on a node, by id. */
export function sortedChecks(entry: NodeEntry): readonly CheckRecord[] {
  return [...entry.checks.values()].sort((one, other) =>
    one.CheckID.toLowerCase() < other.CheckID.toLowerCase() ? -1 : 1,
  );
}

/** The topic of a node's own record. */
export function nodeTopic(entry: NodeEntry): string {
  return `node/${entry.node.Node.toLowerCase()}`;
}
