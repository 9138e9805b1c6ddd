import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { CheckDefinition, CheckStatus, NodeDefinition, ServiceDefinition } from '../store/catalog-records.ts';
import type { CatalogStore } from '../store/catalog-store.ts';

/** A check as the agent knows it: fresher than the catalog's copy, whose output may lag (docs/consul-client.md 8). */
export interface LocalCheck {
  readonly check: CheckDefinition;
  /** When it last became critical, monotonic; undefined while it is not, or has never been run. */
  readonly criticalSinceMs: number | undefined;
}

/** How long a change of output alone may stay unknown to the catalog, as Consul's `check_update_interval`. */
const OUTPUT_SYNC_MS = 300_000;

/** Topics that are not about the catalog but about this agent, for the hash-blocking read of one service. */
export function localServiceTopic(id: string): string {
  return `local/service/${id}`;
}

/** What the local state is made of. */
export interface LocalStateOptions {
  readonly node: NodeDefinition;
  readonly catalog: CatalogStore;
  readonly clock: Clock;
  readonly random: Random;
  /** Hears of every change of a service or check of this agent. */
  readonly onChange: (change: { readonly service?: string; readonly check?: string }) => void;
}

/**
 * What this agent itself registered. Changes go to the catalog at once, but a check whose output alone changed is
 * synced only minutes later, so that output does not wake watchers.
 */
export class LocalState {
  readonly #options: LocalStateOptions;
  readonly #services = new Map<string, ServiceDefinition>();
  readonly #checks = new Map<string, LocalCheck>();
  readonly #deferred = new Map<string, Timer>();

  constructor(options: LocalStateOptions) {
    this.#options = options;
  }

  /** The name of the node that everything here is on. */
  get nodeName(): string {
    return this.#options.node.Node;
  }

  get services(): ReadonlyMap<string, ServiceDefinition> {
    return this.#services;
  }

  get checks(): ReadonlyMap<string, LocalCheck> {
    return this.#checks;
  }

  /** The checks of one service. */
  checksOf(serviceId: string): readonly LocalCheck[] {
    return [...this.#checks.values()].filter(({ check }) => check.ServiceID === serviceId);
  }

  /** Adds or replaces a service with the given checks (others of it stay), in one write of the catalog. */
  putService(service: ServiceDefinition, checks: readonly CheckDefinition[]): void {
    this.#services.set(service.ID, service);
    for (const check of checks) this.#keep(check);
    this.#options.catalog.register({ node: this.#options.node, service, checks });
    this.#options.onChange({ service: service.ID });
  }

  /** Adds or replaces a check. */
  putCheck(check: CheckDefinition): void {
    this.#keep(check);
    this.#sync(check);
    this.#options.onChange({ check: check.CheckID });
  }

  /** Takes over a check's result. Unknown checks are left alone: the result came too late. */
  setResult(checkId: string, status: CheckStatus, output: string): void {
    const known = this.#checks.get(checkId);
    if (known === undefined) return;
    const criticalSinceMs = status === 'critical' ? (known.criticalSinceMs ?? this.#options.clock.nowMs()) : undefined;
    const check = { ...known.check, Status: status, Output: output };
    this.#checks.set(checkId, { check, criticalSinceMs });
    if (known.check.Status === status) {
      if (known.check.Output !== output) this.#deferSync(checkId);
      return;
    }
    this.#sync(check);
    this.#options.onChange({ check: checkId });
  }

  /** Removes a service and its checks. */
  dropService(id: string): void {
    const service = this.#services.get(id);
    if (service === undefined) return;
    for (const { check } of this.checksOf(id)) this.#forget(check.CheckID);
    this.#services.delete(id);
    this.#options.catalog.dropService(this.nodeName, id);
    this.#options.onChange({ service: id });
  }

  /** Removes a check. */
  dropCheck(id: string): void {
    if (!this.#checks.has(id)) return;
    this.#forget(id);
    this.#options.catalog.dropCheck(this.nodeName, id);
    this.#options.onChange({ check: id });
  }

  /** Writes to the catalog again what a client took out of it there, though this agent looks after it (docs/consul-client.md 32). */
  heal(): void {
    const { catalog, node } = this.#options;
    const known = catalog.node(this.nodeName);
    for (const service of this.#services.values()) {
      if (known?.services.has(service.ID.toLowerCase())) continue;
      catalog.register({ node, skipNodeUpdate: true, service });
    }
    for (const { check } of this.#checks.values()) {
      if (!known?.checks.has(check.CheckID.toLowerCase())) this.#sync(check);
    }
  }

  /** Writes everything to the catalog again, when the catalog is a new one. */
  syncAll(): void {
    const { catalog, node } = this.#options;
    catalog.register({ node, skipNodeUpdate: true });
    for (const service of this.#services.values()) catalog.register({ node, skipNodeUpdate: true, service });
    for (const { check } of this.#checks.values()) if (!this.#deferred.has(check.CheckID)) this.#sync(check);
  }

  /** Takes over what a state file kept. The catalog has its own copy. */
  restore(services: readonly ServiceDefinition[], checks: readonly CheckDefinition[]): void {
    for (const service of services) this.#services.set(service.ID, service);
    for (const check of checks) this.#checks.set(check.CheckID, { check, criticalSinceMs: undefined });
  }

  /** Calls off what is still to be synced. */
  close(): void {
    for (const timer of this.#deferred.values()) timer.cancel();
    this.#deferred.clear();
  }

  #keep(check: CheckDefinition): void {
    const known = this.#checks.get(check.CheckID);
    this.#cancelDeferred(check.CheckID);
    const stillCritical = check.Status === 'critical' ? known?.criticalSinceMs : undefined;
    this.#checks.set(check.CheckID, { check, criticalSinceMs: stillCritical });
  }

  #forget(checkId: string): void {
    this.#cancelDeferred(checkId);
    this.#checks.delete(checkId);
  }

  #sync(check: CheckDefinition): void {
    this.#cancelDeferred(check.CheckID);
    const { catalog, node } = this.#options;
    const service = check.ServiceID === '' ? undefined : this.#services.get(check.ServiceID);
    catalog.register({ node, skipNodeUpdate: true, service, checks: [check] });
  }

  #deferSync(checkId: string): void {
    if (this.#deferred.has(checkId)) return;
    const { clock, random } = this.#options;
    const delayMs = OUTPUT_SYNC_MS / 2 + random() * OUTPUT_SYNC_MS;
    const sync = (): void => {
      const known = this.#checks.get(checkId);
      if (known !== undefined) this.#sync(known.check);
    };
    this.#deferred.set(checkId, clock.after(delayMs, sync));
  }

  #cancelDeferred(checkId: string): void {
    this.#deferred.get(checkId)?.cancel();
    this.#deferred.delete(checkId);
  }
}
