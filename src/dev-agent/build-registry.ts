import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { Registry } from './http/registry.ts';
import type { ConfigEntry } from './local/config-kinds.ts';
import { LocalAgent } from './local/local-agent.ts';
import { LocalState, localServiceTopic } from './local/local-state.ts';
import type { PreparedQuery } from './local/prepared-query.ts';
import { type RegistryState, restore } from './registry-state.ts';
import { API_VERSION } from './routes/agent-self-routes.ts';
import type { NodeDefinition } from './store/catalog-records.ts';
import { CatalogStore } from './store/catalog-store.ts';
import { EventLog } from './store/event-log.ts';
import { KvStore } from './store/kv-store.ts';
import { Ledger } from './store/ledger.ts';
import { RecordTable } from './store/record-table.ts';
import { SessionStore } from './store/session-store.ts';
import { Waiters } from './waiters.ts';

/** The machine as the catalog knows it. `id` is kept over restarts where state is. */
export function nodeOf(options: {
  readonly node?: string | undefined;
  readonly datacenter?: string | undefined;
  readonly id?: string | undefined;
}): NodeDefinition {
  return {
    ID: options.id ?? randomUUID(),
    Node: options.node ?? hostname(),
    Address: '127.0.0.1',
    Datacenter: options.datacenter ?? 'dc1',
    TaggedAddresses: new Map(['lan', 'lan_ipv4', 'wan', 'wan_ipv4'].map((role) => [role, '127.0.0.1'])),
    Meta: new Map([['consul-network-segment', '']]),
  };
}

/** What a registry is built from. */
export interface BuildOptions {
  readonly node: NodeDefinition;
  readonly clock: Clock;
  readonly random: Random;
  /** What an earlier process kept. */
  readonly state: RegistryState | undefined;
  /** Hears of every change that is worth keeping. */
  readonly onWrite: () => void;
}

/** Puts the parts together, with what was kept, and the machine itself. */
export function buildRegistry({ node, clock, random, state: kept, onWrite }: BuildOptions): Registry {
  const waiters = new Waiters();
  // From the time of day on, so that each life of a registry has higher indexes than the one before, even without a state
  // file: a client that missed the restart and goes on with its old index is answered, not left hanging.
  const ledger = new Ledger((topics) => {
    waiters.wake(topics);
    onWrite();
  }, Math.floor(clock.wallMs()));
  const kv = new KvStore(ledger);
  const catalog = new CatalogStore(ledger, (name, checkId) => sessions.checkLost(name, checkId));
  const sessions = new SessionStore({ ledger, kv, catalog, clock });
  const events = new EventLog(() => waiters.wake(new Set(['events'])));
  const onChange = ({ service }: { readonly service?: string }): void => {
    if (service !== undefined) waiters.wake(new Set([localServiceTopic(service)]));
  };
  const state = new LocalState({ node, catalog, clock, random, onChange });
  const agent = new LocalAgent({ state, clock, random });
  const config = new RecordTable<ConfigEntry>(ledger, 'config-entries');
  const queries = new RecordTable<PreparedQuery>(ledger, 'prepared-queries');
  const registry = { node, ledger, waiters, catalog, kv, sessions, events, config, queries, agent, clock, random };
  if (kept !== undefined) restore(registry, kept);
  registerSelf(catalog, node);
  state.syncAll();
  return registry;
}

/** Brings back what clients took out of the catalog although this machine or its agent looks after it. */
export function heal({ catalog, node, agent }: Registry): void {
  const known = catalog.node(node.Node);
  if (known === undefined || !known.checks.has('serfhealth') || !known.services.has('consul'))
    registerSelf(catalog, node);
  agent.state.heal();
}

/** A Consul server registers itself: the service `consul`, and the check that its machine is alive. */
function registerSelf(catalog: CatalogStore, node: NodeDefinition): void {
  catalog.register({
    node,
    service: {
      Kind: '',
      ID: 'consul',
      Service: 'consul',
      Tags: [],
      Address: '',
      TaggedAddresses: undefined,
      Meta: new Map([['version', API_VERSION]]),
      Port: 8300,
      Weights: { Passing: 1, Warning: 1 },
      EnableTagOverride: false,
      Proxy: undefined,
      Connect: undefined,
    },
    checks: [
      {
        Node: node.Node,
        CheckID: 'serfHealth',
        Name: 'Serf Health Status',
        Status: 'passing',
        Notes: '',
        Output: 'Agent alive and reachable',
        ServiceID: '',
        ServiceName: '',
        ServiceTags: [],
        Type: '',
        Definition: {},
      },
    ],
  });
}
