import { storeFailure } from '../wire/refusal.ts';
import type {
  CatalogRegistration,
  CheckDefinition,
  CheckRecord,
  NodeRecord,
  ServiceDefinition,
  ServiceRecord,
} from './catalog-records.ts';
import { ALL_CHECKS, ALL_SERVICES, serviceIndex } from './catalog-topics.ts';
import type { Ledger } from './ledger.ts';
import { isSameRecord } from './same-record.ts';
import { ServiceNames } from './service-names.ts';
import { sortedValues } from './sorted-values.ts';

/** A node and everything on it. Keys are lower case: the catalog does not tell case apart (docs/consul-client.md 25). */
export interface NodeEntry {
  readonly node: NodeRecord;
  readonly services: Map<string, ServiceRecord>;
  readonly checks: Map<string, CheckRecord>;
}

/** Hears of a check that is no longer passing or gone, and of nodes that are gone: sessions hang on them. */
export type OnCheckLost = (node: string, checkId: string | undefined) => void;

/**
 * Nodes, instances and check results, with Consul's indexes: which write touches which index is the contract that
 * blocking queries rest on (docs/consul-client.md 8–10).
 */
export class CatalogStore {
  readonly #ledger: Ledger;
  readonly #onCheckLost: OnCheckLost;
  readonly #nodes = new Map<string, NodeEntry>();
  readonly #names: ServiceNames;

  constructor(ledger: Ledger, onCheckLost: OnCheckLost) {
    this.#ledger = ledger;
    this.#names = new ServiceNames(ledger);
    this.#onCheckLost = onCheckLost;
  }

  /** All nodes, by name. */
  nodes(): readonly NodeEntry[] {
    return sortedValues(this.#nodes);
  }

  node(name: string): NodeEntry | undefined {
    return this.#nodes.get(name.toLowerCase());
  }

  /** The instances of a service, by node and id. */
  instances(name: string): readonly ServiceRecord[] {
    return this.#names.instances(name);
  }

  /** Makes the catalog say what `registration` says, as one write. */
  register(registration: CatalogRegistration): void {
    this.#ledger.write(() => {
      this.#putNode(registration);
      if (registration.service !== undefined) this.putService(registration.node.Node, registration.service);
      for (const check of registration.checks ?? []) this.putCheck(check);
    });
  }

  /** Adds or replaces an instance on an existing node. */
  putService(nodeName: string, service: ServiceDefinition): void {
    this.#ledger.write((index) => {
      const entry = this.node(nodeName);
      if (entry === undefined) throw storeFailure('Missing node registration');
      const key = service.ID.toLowerCase();
      const before = entry.services.get(key);
      const record = {
        ...service,
        Node: nodeName,
        CreateIndex: before?.CreateIndex ?? index,
        ModifyIndex: index,
      };
      if (before !== undefined && isSameRecord(before, record)) return;
      if (before !== undefined && before.Service.toLowerCase() !== service.Service.toLowerCase())
        this.#names.remove(before);
      this.#ledger.set(entry.services, key, record);
      this.#names.add(record);
      this.#touchService(service.Service);
      this.#ledger.touch('services');
      this.#markServices(record);
    });
  }

  /** Adds or replaces the result of a check on an existing node. */
  putCheck(check: CheckDefinition): void {
    this.#ledger.write((index) => {
      const entry = this.node(check.Node);
      if (entry === undefined) throw storeFailure('Missing node registration');
      const service = check.ServiceID === '' ? undefined : entry.services.get(check.ServiceID.toLowerCase());
      if (check.ServiceID !== '' && service === undefined) {
        const fault = `Missing service registration on node ${JSON.stringify(check.Node)}`;
        throw storeFailure(`failed inserting check: ${fault}`);
      }
      const key = check.CheckID.toLowerCase();
      const before = entry.checks.get(key);
      const record: CheckRecord = {
        ...check,
        ServiceName: service?.Service ?? '',
        ServiceTags: service?.Tags ?? [],
        CreateIndex: before?.CreateIndex ?? index,
        ModifyIndex: index,
      };
      // An identical result still moves the index of the table of checks on a real agent, and nothing else.
      this.#ledger.touch('checks');
      this.#markChecks(record);
      if (before !== undefined && isSameRecord(before, record)) return;
      this.#ledger.set(entry.checks, key, record);
      if (service === undefined) this.#touchServicesOf(entry);
      else this.#touchService(service.Service);
      if (record.Status === 'critical') this.#onCheckLost(entry.node.Node, record.CheckID);
    });
  }

  /** Removes an instance and its checks; one that is not there is no error. */
  dropService(nodeName: string, id: string): void {
    this.#ledger.write(() => {
      const entry = this.node(nodeName);
      const service = entry?.services.get(id.toLowerCase());
      if (entry === undefined || service === undefined) return;
      for (const check of [...entry.checks.values()]) {
        if (check.ServiceID.toLowerCase() === id.toLowerCase()) this.dropCheck(nodeName, check.CheckID);
      }
      this.#ledger.drop(entry.services, id.toLowerCase());
      this.#ledger.touch('services');
      // Even if it had no checks, as on a real agent; nobody is woken by that.
      this.#ledger.touch('checks');
      this.#markServices(service);
      this.#names.remove(service);
    });
  }

  /** Removes a check; one that is not there is no error. */
  dropCheck(nodeName: string, checkId: string): void {
    this.#ledger.write(() => {
      const entry = this.node(nodeName);
      const check = entry?.checks.get(checkId.toLowerCase());
      if (entry === undefined || check === undefined) return;
      if (check.ServiceID === '') {
        this.#touchServicesOf(entry);
        // A real agent moves the index of the table of services here, without waking who watches the table.
        this.#ledger.touch('services');
      } else this.#touchService(check.ServiceName);
      this.#ledger.drop(entry.checks, checkId.toLowerCase());
      this.#ledger.touch('checks');
      this.#markChecks(check);
      this.#onCheckLost(entry.node.Node, check.CheckID);
    });
  }

  /** Removes a node and everything on it; one that is not there is no error. */
  dropNode(nodeName: string): void {
    this.#ledger.write(() => {
      const entry = this.node(nodeName);
      if (entry === undefined) return;
      for (const service of [...entry.services.values()]) this.dropService(nodeName, service.ID);
      for (const check of [...entry.checks.values()]) this.dropCheck(nodeName, check.CheckID);
      this.#ledger.drop(this.#nodes, nodeName.toLowerCase());
      this.#ledger.touch('nodes');
      this.#ledger.mark(`node/${nodeName.toLowerCase()}`);
      this.#onCheckLost(entry.node.Node, undefined);
    });
  }

  /** Everything, for a state file. */
  snapshot(): CatalogSnapshot {
    return this.nodes().map(({ node, services, checks }) => ({
      node,
      services: [...services.values()],
      checks: [...checks.values()],
    }));
  }

  /** Takes over what a state file kept. */
  restore(snapshot: CatalogSnapshot): void {
    for (const { node, services, checks } of snapshot) {
      const entry: NodeEntry = { node, services: new Map(), checks: new Map() };
      this.#nodes.set(node.Node.toLowerCase(), entry);
      for (const check of checks) entry.checks.set(check.CheckID.toLowerCase(), check);
      for (const service of services) {
        entry.services.set(service.ID.toLowerCase(), service);
        this.#names.add(service);
      }
    }
  }

  #putNode({ node, skipNodeUpdate = false }: CatalogRegistration): void {
    this.#ledger.write((index) => {
      const key = node.Node.toLowerCase();
      const entry = this.#nodes.get(key);
      if (entry !== undefined && skipNodeUpdate) return;
      const record: NodeRecord = { ...node, CreateIndex: entry?.node.CreateIndex ?? index, ModifyIndex: index };
      if (entry !== undefined && isSameRecord(entry.node, record)) return;
      const next: NodeEntry = entry === undefined ? newEntry(record) : { ...entry, node: record };
      this.#ledger.set(this.#nodes, key, next);
      this.#ledger.touch('nodes');
      this.#ledger.mark(`node/${key}`);
      this.#touchServicesOf(next);
    });
  }

  #touchService(name: string): void {
    this.#ledger.touch(serviceIndex(name));
  }

  /** A node's own checks and address count for every service on it. */
  #touchServicesOf(entry: NodeEntry): void {
    for (const service of entry.services.values()) this.#touchService(service.Service);
  }

  #markServices(service: ServiceRecord): void {
    this.#ledger.mark(ALL_SERVICES);
    this.#ledger.mark(`services/name/${service.Service.toLowerCase()}`);
    this.#ledger.mark(`services/node/${service.Node.toLowerCase()}`);
  }

  #markChecks(check: CheckRecord): void {
    this.#ledger.mark(ALL_CHECKS);
    this.#ledger.mark(`checks/node/${check.Node.toLowerCase()}`);
    if (check.ServiceName !== '') this.#ledger.mark(`checks/service/${check.ServiceName.toLowerCase()}`);
  }
}

/** The catalog as a state file keeps it. */
export type CatalogSnapshot = readonly {
  readonly node: NodeRecord;
  readonly services: readonly ServiceRecord[];
  readonly checks: readonly CheckRecord[];
}[];

function newEntry(node: NodeRecord): NodeEntry {
  return { node, services: new Map(), checks: new Map() };
}
