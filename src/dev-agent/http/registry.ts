import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { ConfigEntry } from '../local/config-kinds.ts';
import type { LocalAgent } from '../local/local-agent.ts';
import type { PreparedQuery } from '../local/prepared-query.ts';
import type { NodeDefinition } from '../store/catalog-records.ts';
import type { CatalogStore } from '../store/catalog-store.ts';
import type { EventLog } from '../store/event-log.ts';
import type { KvStore } from '../store/kv-store.ts';
import type { Ledger } from '../store/ledger.ts';
import type { RecordTable } from '../store/record-table.ts';
import type { SessionStore } from '../store/session-store.ts';
import type { Waiters } from '../waiters.ts';
import type { EndpointContext } from './endpoint.ts';

/** Everything that the routes work on. */
export interface Registry {
  readonly node: NodeDefinition;
  readonly ledger: Ledger;
  readonly waiters: Waiters;
  readonly catalog: CatalogStore;
  readonly kv: KvStore;
  readonly sessions: SessionStore;
  readonly events: EventLog;
  readonly config: RecordTable<ConfigEntry>;
  readonly queries: RecordTable<PreparedQuery>;
  readonly agent: LocalAgent;
  readonly clock: Clock;
  readonly random: Random;
}

/** What a file of routes is given. */
export interface RouteContext extends EndpointContext {
  readonly registry: Registry;
}
