import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { hostname } from 'node:os';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { CodedError } from '../runtime/coded-error.ts';
import { type Random, systemRandom } from '../runtime/random.ts';
import { cleanPathRedirect } from './http/clean-path.ts';
import type { RegistryApp } from './http/endpoint.ts';
import type { Registry } from './http/registry.ts';
import { LocalAgent, REAP_INTERVAL_MS } from './local/local-agent.ts';
import { LocalState, localServiceTopic } from './local/local-state.ts';
import { agentCheckRoutes } from './routes/agent-check-routes.ts';
import { API_VERSION, agentSelfRoutes } from './routes/agent-self-routes.ts';
import { agentServiceRoutes } from './routes/agent-service-routes.ts';
import { catalogRoutes } from './routes/catalog-routes.ts';
import { healthRoutes } from './routes/health-routes.ts';
import { statusRoutes } from './routes/status-routes.ts';
import type { NodeDefinition } from './store/catalog-records.ts';
import { CatalogStore } from './store/catalog-store.ts';
import { KvStore } from './store/kv-store.ts';
import { Ledger } from './store/ledger.ts';
import { Waiters } from './waiters.ts';

/** Something worth a line in a log. */
export type DevAgentEvent =
  | { readonly kind: 'reaped'; readonly service: string }
  | { readonly kind: 'defect'; readonly path: string; readonly error: unknown };

/** How the embedded registry is started. */
export interface DevAgentOptions {
  /** `host:port`; port 0 picks a free one. Default 127.0.0.1:8500. */
  readonly listen?: string | undefined;
  /** Name of the node; default the machine's. */
  readonly node?: string | undefined;
  /** Default `dc1`. */
  readonly datacenter?: string | undefined;
  /** Where the state is kept over restarts; default nowhere. */
  readonly dataDir?: string | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly onEvent?: ((event: DevAgentEvent) => void) | undefined;
}

/** A running embedded registry. */
export interface DevAgent extends AsyncDisposable {
  /** `http://127.0.0.1:8500` */
  readonly address: string;
  /** Answers open polls, stops all checks and closes the port. */
  close(): Promise<void>;
}

/**
 * Starts the embedded registry: Consul's HTTP API on one machine, without ACLs and clustering (docs/embedded-registry.md).
 * @throws CodedError `registry_listen_failed`
 */
export async function startDevAgent(options: DevAgentOptions = {}): Promise<DevAgent> {
  const clock = options.clock ?? systemClock;
  const random = options.random ?? systemRandom;
  const onEvent = options.onEvent ?? (() => undefined);
  const registry = buildRegistry(nodeOf(options), clock, random);
  const closing = new AbortController();
  const app: RegistryApp = new Hono<{ Bindings: HttpBindings }>();
  app.use(cleanPathRedirect);
  const onDefect = (path: string, error: unknown): void => onEvent({ kind: 'defect', path, error });
  const context = { app, registry, closing: closing.signal, onDefect };
  for (const routes of [
    agentSelfRoutes,
    agentServiceRoutes,
    agentCheckRoutes,
    catalogRoutes,
    healthRoutes,
    statusRoutes,
  ]) {
    routes(context);
  }
  app.notFound((c) => c.body(null, 404));
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
  server.keepAliveTimeout = 0;
  const address = await listen(server, options.listen ?? '127.0.0.1:8500');
  const stopReaper = repeat(clock, REAP_INTERVAL_MS, () => {
    for (const service of registry.agent.reap()) onEvent({ kind: 'reaped', service });
  });
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    stopReaper();
    registry.agent.close();
    const closed = once(server, 'close');
    server.close();
    closing.abort();
    setImmediate(() => server.closeIdleConnections());
    await closed;
  };
  return { address, close, [Symbol.asyncDispose]: close };
}

function nodeOf(options: DevAgentOptions): NodeDefinition {
  return {
    ID: randomUUID(),
    Node: options.node ?? hostname(),
    Address: '127.0.0.1',
    Datacenter: options.datacenter ?? 'dc1',
    TaggedAddresses: new Map(['lan', 'lan_ipv4', 'wan', 'wan_ipv4'].map((role) => [role, '127.0.0.1'])),
    Meta: new Map([['consul-network-segment', '']]),
  };
}

function buildRegistry(node: NodeDefinition, clock: Clock, random: Random): Registry {
  const waiters = new Waiters();
  const ledger = new Ledger((topics) => waiters.wake(topics), 10);
  const catalog = new CatalogStore(ledger, () => undefined);
  const kv = new KvStore(ledger);
  const onChange = ({ service }: { readonly service?: string }): void => {
    if (service !== undefined) waiters.wake(new Set([localServiceTopic(service)]));
  };
  const state = new LocalState({ node, catalog, clock, random, onChange });
  const agent = new LocalAgent({ state, clock, random });
  registerSelf(catalog, node);
  return { node, ledger, waiters, catalog, kv, agent, clock, random };
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

function repeat(clock: Clock, intervalMs: number, work: () => void): () => void {
  const again = (): void => {
    work();
    timer = clock.after(intervalMs, again);
  };
  let timer = clock.after(intervalMs, again);
  return () => timer.cancel();
}

async function listen(server: Server, where: string): Promise<string> {
  const colon = where.lastIndexOf(':');
  const host = where.slice(0, colon).replace(/^\[|\]$/g, '');
  try {
    server.listen({ host: host === '' ? '127.0.0.1' : host, port: Number(where.slice(colon + 1)) });
    await once(server, 'listening');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CodedError(`the embedded registry cannot listen on ${where}: ${reason}; choose another with --listen`, {
      code: 'registry_listen_failed',
      side: 'internal',
      retryable: false,
      cause: error,
    });
  }
  const bound = server.address();
  if (typeof bound !== 'object' || bound === null) return `http://${where}`;
  return `http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`;
}
