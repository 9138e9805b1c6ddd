import { StaticSource } from '../../src/discovery/static-source.ts';
import { ProxyServer } from '../../src/proxy/proxy-server.ts';
import {
  defaultProxyLimits,
  defaultProxySettings,
  type ProxyLimits,
  type ProxySettings,
} from '../../src/proxy/proxy-settings.ts';
import type { ConnectionRecord, RequestRecord } from '../../src/proxy/recorder.ts';
import { type Clock, systemClock } from '../../src/runtime/clock.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import type { Endpoint } from '../../src/upstream/endpoint.ts';
import type { EndpointSource } from '../../src/upstream/endpoint-source.ts';
import { staticEndpoints } from '../../src/upstream/static-endpoints.ts';
import type { UpstreamSettings } from '../../src/upstream/upstream-settings.ts';
import { UpstreamTable } from '../../src/upstream/upstream-table.ts';
import { defaultSettings } from './upstream-parts.ts';

/** What a test's proxy is like. */
export interface TestProxyOptions {
  /** Addresses (`host:port`) of each upstream, by its name; any other name is not in the catalog. */
  readonly upstreams: Readonly<Record<string, readonly string[]>>;
  readonly settings?: Partial<Omit<ProxySettings, 'limits'>> & { readonly limits?: Partial<ProxyLimits> };
  /** What is special about an upstream, by its name. */
  readonly upstreamSettings?: Readonly<Record<string, Partial<UpstreamSettings>>>;
  /** Listen on this unix socket too. */
  readonly path?: string;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** A request that has ended, as the access log sees it. */
export interface TestProxyEvent extends Omit<RequestRecord, 'upstream' | 'endpoint'> {
  /** Key of the upstream; undefined when none was found. */
  readonly upstream: string | undefined;
  /** Id (`host:port`) of the endpoint of the last attempt. */
  readonly endpoint: string | undefined;
}

/** A running proxy on a free loopback port. */
export interface TestProxy extends AsyncDisposable {
  readonly port: number;
  readonly host: string;
  readonly proxy: ProxyServer;
  readonly upstreams: UpstreamTable;
  /** Each request that has ended, in order. */
  readonly events: readonly TestProxyEvent[];
  /** Each connection to a TCP upstream that has ended, in order. */
  readonly tcp: readonly ConnectionRecord[];
  close(): Promise<void>;
}

/**
 * The settings of an upstream when nothing is configured, but that a timeout is a reason to try again, and that nobody
 * starts slowly.
 */
export function testUpstreamSettings(name: string, settings: Partial<UpstreamSettings> = {}): UpstreamSettings {
  const { retry, outlier } = defaultSettings;
  return {
    ...defaultSettings,
    name,
    query: { service: name },
    retry: { ...retry, on: [...retry.on, 'timeout'] },
    outlier: { ...outlier, slowStartMs: 0 },
    ...settings,
  };
}

/** A service without addresses is one whose only instance is critical; addresses are taken as they are, however bad. */
function sourceOf(addresses: readonly string[]): EndpointSource {
  const [any] = staticEndpoints(['127.0.0.1:9']) as readonly [Endpoint];
  const endpoints: readonly Endpoint[] =
    addresses.length === 0
      ? [{ ...any, health: 'critical' }]
      : addresses.map((address) => {
          const colon = address.lastIndexOf(':');
          const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
          return { ...any, id: address, host, port: Number(address.slice(colon + 1)) };
        });
  return {
    watch(_query, listener) {
      queueMicrotask(() => {
        listener.changed({ origin: 'static', endpoints });
        listener.confirmed();
      });
      return { end: async () => {} };
    },
  };
}

/** Starts a proxy whose catalog is `upstreams`, on 127.0.0.1 and a free port. */
export async function startTestProxy(options: TestProxyOptions): Promise<TestProxy> {
  const { upstreams: addresses, settings, upstreamSettings = {}, clock = systemClock } = options;
  const known = new Map(Object.entries(addresses).map(([name, list]) => [name, sourceOf(list)]));
  const nobody = new StaticSource([]);
  const source: EndpointSource = {
    watch: (query, listener) => (known.get(query.service) ?? nobody).watch(query, listener),
  };
  const upstreams = new UpstreamTable({
    source,
    settingsFor: ({ name }) => testUpstreamSettings(name, upstreamSettings[name]),
    pinned: Object.keys(addresses).map((name) => ({ name })),
    clock,
    random: seededRandom(1),
  });
  const events: TestProxyEvent[] = [];
  const tcp: ConnectionRecord[] = [];
  const proxy = new ProxyServer({
    settings: {
      ...defaultProxySettings('test'),
      ...settings,
      limits: { ...defaultProxyLimits, ...settings?.limits },
    },
    upstreams,
    clock,
    onConnection: (record) => tcp.push(record),
    onRequest: (record) =>
      events.push({
        ...record,
        path: record.path,
        upstream: record.upstream?.key,
        endpoint: record.endpoint?.id,
      }),
  });
  const host = '127.0.0.1';
  const bound = await proxy.listen({ host, port: 0 });
  if (options.path !== undefined) await proxy.listen({ path: options.path });
  const close = async () => {
    await proxy.close();
    await upstreams.close();
  };
  return {
    port: 'port' in bound ? bound.port : 0,
    host,
    proxy,
    upstreams,
    events,
    tcp,
    close,
    [Symbol.asyncDispose]: close,
  };
}
