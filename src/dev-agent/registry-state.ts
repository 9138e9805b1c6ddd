import type { Registry } from './http/registry.ts';
import type { CheckFields } from './local/check-type.ts';
import type { ConfigEntry } from './local/config-kinds.ts';
import type { PreparedQuery } from './local/prepared-query.ts';
import { configKey } from './routes/config-routes.ts';
import type { CheckDefinition, Indexed, ServiceDefinition } from './store/catalog-records.ts';
import type { CatalogSnapshot } from './store/catalog-store.ts';
import type { KvStore } from './store/kv-store.ts';
import type { LedgerSnapshot } from './store/ledger.ts';
import type { Session } from './store/session-store.ts';

/** Everything that outlives a restart. User events and who waits for what do not. */
export interface RegistryState {
  readonly nodeId: string;
  readonly ledger: LedgerSnapshot;
  readonly catalog: CatalogSnapshot;
  readonly kv: ReturnType<KvStore['snapshot']>;
  readonly sessions: readonly Session[];
  readonly config: readonly (ConfigEntry & Indexed)[];
  readonly queries: readonly (PreparedQuery & Indexed)[];
  readonly services: readonly ServiceDefinition[];
  readonly checks: readonly { readonly check: CheckDefinition; readonly fields: CheckFields | undefined }[];
}

/** What of a running registry is to be kept. */
export function snapshotOf({ node, ledger, catalog, kv, sessions, config, queries, agent }: Registry): RegistryState {
  const { definitions } = agent;
  return {
    nodeId: node.ID,
    ledger: ledger.snapshot(),
    catalog: catalog.snapshot(),
    kv: kv.snapshot(),
    sessions: sessions.list(),
    config: config.list(),
    queries: queries.list(),
    services: [...agent.state.services.values()],
    checks: [...agent.state.checks.values()].map(({ check }) => ({ check, fields: definitions.get(check.CheckID) })),
  };
}

/**
 * Puts what was kept into a new registry. TTL checks have the status they had and a whole TTL to be heard from again;
 * checks that are run start anew from the status they had; sessions have their whole TTL again.
 */
export function restore(registry: Registry, state: RegistryState): void {
  registry.ledger.restore(state.ledger);
  registry.catalog.restore(state.catalog);
  registry.kv.restore(state.kv);
  registry.sessions.restore(state.sessions);
  registry.config.restore(state.config, configKey);
  registry.queries.restore(state.queries, ({ ID }) => ID);
  registry.agent.state.restore(
    state.services,
    state.checks.map(({ check }) => check),
  );
  for (const { check, fields } of state.checks) if (fields !== undefined) registry.agent.resume(check.CheckID, fields);
}
