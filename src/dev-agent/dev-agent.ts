import { once } from 'node:events';
import type { Server } from 'node:http';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { CodedError } from '../runtime/coded-error.ts';
import { type Random, systemRandom } from '../runtime/random.ts';
import { buildRegistry, heal, nodeOf } from './build-registry.ts';
import { browserGuard } from './http/browser-guard.ts';
import { cleanPathRedirect } from './http/clean-path.ts';
import type { RegistryApp } from './http/endpoint.ts';
import type { Registry } from './http/registry.ts';
import { REAP_INTERVAL_MS } from './local/local-agent.ts';
import { snapshotOf } from './registry-state.ts';
import { allRoutes } from './routes/all-routes.ts';
import { StateKeeper } from './state-keeper.ts';
import { TOMBSTONE_TTL_MS } from './store/kv-store.ts';

/** How long a client may take to read its last answer when the registry closes. */
const CLOSE_GRACE_MS = 1000;

/** How often the catalog is compared with what the agent looks after, as a real agent in a small cluster does. */
const HEAL_INTERVAL_MS = 60_000;

/** Something worth a line in a log. */
export type DevAgentEvent =
  | { readonly kind: 'reaped'; readonly service: string }
  | { readonly kind: 'state_not_kept'; readonly error: unknown }
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
 * @throws CodedError `registry_listen_failed`, `registry_state_in_use`, `registry_state_unreadable`
 */
export async function startDevAgent(options: DevAgentOptions = {}): Promise<DevAgent> {
  const clock = options.clock ?? systemClock;
  const random = options.random ?? systemRandom;
  const onEvent = options.onEvent ?? (() => undefined);
  const keeper = new StateKeeper(options.dataDir, (error) => onEvent({ kind: 'state_not_kept', error }));
  const state = keeper.open();
  const node = nodeOf({ ...options, id: state?.nodeId });
  const registry = buildRegistry({
    node,
    clock,
    random,
    state,
    onWrite: () => keeper.later(() => snapshotOf(registry)),
  });
  const closing = new AbortController();
  const app: RegistryApp = new Hono<{ Bindings: HttpBindings }>();
  const listenOn = options.listen ?? '127.0.0.1:8500';
  if (isLoopback(listenOn)) app.use(browserGuard);
  app.use(cleanPathRedirect);
  const onDefect = (path: string, error: unknown): void => onEvent({ kind: 'defect', path, error });
  const context = { app, registry, closing: closing.signal, onDefect };
  for (const routes of allRoutes) routes(context);
  app.notFound((c) => c.body(null, 404));
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
  server.keepAliveTimeout = 0;
  const stopTimers = startTimers(registry, onEvent);
  const stop = (): void => {
    stopTimers();
    registry.agent.close();
    registry.sessions.close();
  };
  let address: string;
  try {
    address = await listen(server, listenOn);
  } catch (error) {
    keeper.release();
    stop();
    throw error;
  }
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    closing.abort();
    const force = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
    await closed;
    clearTimeout(force);
    // After the last request, and before the checks stop: the definitions of what runs are part of the state.
    keeper.now(() => snapshotOf(registry));
    stop();
    keeper.release();
  };
  return { address, close, [Symbol.asyncDispose]: close };
}

/**
 * Starts what the registry does by itself: removing dead services, bringing back what was taken out of the catalog only,
 * and forgetting deletions so that prefix indexes may fall.
 */
function startTimers(registry: Registry, onEvent: (event: DevAgentEvent) => void): () => void {
  const { agent, clock, kv, ledger } = registry;
  const stopHealing = repeat(clock, HEAL_INTERVAL_MS, () => heal(registry));
  const stopReaper = repeat(clock, REAP_INTERVAL_MS, () => {
    for (const service of agent.reap()) onEvent({ kind: 'reaped', service });
  });
  let before = 0;
  const stopTombstones = repeat(clock, TOMBSTONE_TTL_MS, () => {
    kv.reapTombstones(before);
    before = ledger.index;
  });
  return () => {
    stopHealing();
    stopReaper();
    stopTombstones();
  };
}

function repeat(clock: Clock, intervalMs: number, work: () => void): () => void {
  const again = (): void => {
    work();
    timer = clock.after(intervalMs, again);
  };
  let timer = clock.after(intervalMs, again);
  return () => timer.cancel();
}

/** Whether only this machine reaches the address. */
function isLoopback(address: string): boolean {
  return /^(127\.[\d.]+|localhost|\[::1\]|):\d+$/.test(address);
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
