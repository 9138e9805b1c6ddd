import type { ServiceRecord } from './catalog-records.ts';
import { LAST_EXTINCTION, serviceIndex } from './catalog-topics.ts';
import type { Ledger } from './ledger.ts';
import { sortedValues } from './sorted-values.ts';

/** Which instances a service name has, whatever its case; keeps the name's own index as instances come and go. */
export class ServiceNames {
  readonly #ledger: Ledger;
  /** Lower-case service name → instances by node and id. */
  readonly #instances = new Map<string, Map<string, ServiceRecord>>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** The instances of a service, by node and id. */
  instances(name: string): readonly ServiceRecord[] {
    const instances = this.#instances.get(name.toLowerCase());
    return instances === undefined ? [] : sortedValues(instances);
  }

  /** Adds or replaces an instance. */
  add(service: ServiceRecord): void {
    const name = service.Service.toLowerCase();
    const instances = this.#instances.get(name) ?? new Map<string, ServiceRecord>();
    this.#ledger.set(instances, instanceKey(service), service);
    if (!this.#instances.has(name)) this.#ledger.set(this.#instances, name, instances);
  }

  /** Removes an instance. With the last one the name's index goes, and the index of extinctions moves (docs/consul-client.md 9). */
  remove(service: ServiceRecord): void {
    const name = service.Service.toLowerCase();
    const instances = this.#instances.get(name);
    if (instances === undefined) return;
    this.#ledger.drop(instances, instanceKey(service));
    if (instances.size > 0) {
      this.#ledger.touch(serviceIndex(name));
      return;
    }
    this.#ledger.drop(this.#instances, name);
    this.#ledger.forget(serviceIndex(name));
    this.#ledger.touch(LAST_EXTINCTION);
    this.#ledger.mark(`services/name/${name}`);
  }
}

function instanceKey(service: ServiceRecord): string {
  return `${service.Node}\0${service.ID}`.toLowerCase();
}
