import type { Clock } from '../runtime/clock.ts';
import type { ActualState, FoundService } from './actual-state.ts';
import type { AgentPlace, WantedService } from './bridge-action.ts';
import type { DesiredState } from './desired-state.ts';

interface KnownService extends FoundService {
  /** When this bridge registered it; undefined: it was found. */
  readonly registeredAtMs: number | undefined;
}

/** The catalog follows an agent within moments, and within this long at the very latest. */
const CATALOG_LAG_MS = 60_000;

/**
 * What the bridge knows of both sides since it last read everything: which apps there are, and where its own services
 * are. Only for what a comparison of some apps cannot see; everything else is read anew each time.
 */
export class KnownState {
  readonly #clock: Clock;
  readonly #services = new Map<string, KnownService>();
  #appIds = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Own services in Consul, by app id. */
  get countByApp(): ReadonlyMap<string, number> {
    const ids = Map.groupBy(this.#services.values(), ({ appId }) => appId);
    return new Map([...ids].map(([appId, services]) => [appId, new Set(services.map(({ id }) => id)).size]));
  }

  /** Own services in Consul. */
  get own(): number {
    return new Set([...this.#services.values()].map(({ id }) => id)).size;
  }

  /** Apps that Marathon has. */
  get appIds(): ReadonlySet<string> {
    return this.#appIds;
  }

  /** Everything was read. */
  replace(desired: DesiredState, { services }: ActualState): void {
    this.#services.clear();
    for (const service of services) this.#services.set(keyOf(service), { ...service, registeredAtMs: undefined });
    const present = [...desired.apps.values()].filter(({ state }) => state !== 'absent');
    this.#appIds = new Set(present.map(({ appId }) => appId));
  }

  /** Some apps were read. */
  update(desired: DesiredState, { services }: ActualState): void {
    for (const { appId, state } of desired.apps.values()) {
      if (state === 'absent') this.#appIds.delete(appId);
      else this.#appIds.add(appId);
    }
    const before = new Map(this.#services);
    for (const [key, { appId }] of before) if (desired.apps.has(appId)) this.#services.delete(key);
    for (const service of services) {
      const key = keyOf(service);
      this.#services.set(key, { ...service, registeredAtMs: before.get(key)?.registeredAtMs });
    }
  }

  /** A service was registered. */
  registered({ id, name, tags, address, port, checks, appId }: WantedService, agent: AgentPlace): void {
    const checkIds = new Set(checks.map((check) => check.id));
    const registeredAtMs = this.#clock.nowMs();
    const known = { id, name, tags, address, port, checkIds, appId, agent, registeredAtMs };
    this.#services.set(keyOf(known), known);
  }

  /** A service was taken away. */
  deregistered(id: string, agent: AgentPlace): void {
    this.#services.delete(keyOf({ id, agent }));
  }

  /** Names that own services of these apps have. */
  serviceNames(appIds: ReadonlySet<string>): ReadonlySet<string> {
    const own = [...this.#services.values()].filter(({ appId }) => appIds.has(appId));
    return new Set(own.map(({ name }) => name));
  }

  /** How many own services other apps have. */
  ownBeside(appIds: ReadonlySet<string>): number {
    const others = [...this.#services.values()].filter(({ appId }) => !appIds.has(appId));
    return new Set(others.map(({ id }) => id)).size;
  }

  /** What the catalog told of some apps, with what it may not yet have. */
  completed(read: ActualState, appIds: ReadonlySet<string>): ActualState {
    const sinceMs = this.#clock.nowMs() - CATALOG_LAG_MS;
    const seen = new Set(read.services.map(keyOf));
    const late = [...this.#services.values()].filter(
      (service) =>
        appIds.has(service.appId) && !seen.has(keyOf(service)) && (service.registeredAtMs ?? sinceMs) > sinceMs,
    );
    return { ...read, services: [...read.services, ...late] };
  }
}

function keyOf({ id, agent }: Pick<FoundService, 'id' | 'agent'>): string {
  return `${agent.key} ${id}`;
}
