import { ProxyServer } from '../../src/proxy/proxy-server.ts';
import { defaultProxySettings } from '../../src/proxy/proxy-settings.ts';
import type { Recorder } from '../../src/proxy/recorder.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { seededRandom } from '../../src/runtime/random.ts';
import type { Endpoint } from '../../src/upstream/endpoint.ts';
import type { EndpointSource } from '../../src/upstream/endpoint-source.ts';
import { UpstreamTable } from '../../src/upstream/upstream-table.ts';
import { testUpstreamSettings } from './test-proxy.ts';

/** An instance as a registry may name it, sensible or not. */
export type RegistryEntry = Pick<Endpoint, 'host' | 'port'> & Partial<Endpoint>;

/** A proxy whose registry nobody has checked, and what can be asked about it. */
export interface RegistryProxy {
  readonly port: number;
  readonly proxy: ProxyServer;
  readonly upstreams: UpstreamTable;
  /** How often the registry was asked about each name. */
  readonly asked: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

/** Starts a proxy on a free port of 127.0.0.1 whose catalog is `entries`, by service, taken as they are. */
export async function startRegistryProxy(
  entries: Readonly<Record<string, readonly RegistryEntry[]>>,
  recorder?: Recorder,
): Promise<RegistryProxy> {
  const asked = new Map<string, number>();
  const source: EndpointSource = {
    watch({ service }, listener) {
      asked.set(service, (asked.get(service) ?? 0) + 1);
      let isEnded = false;
      queueMicrotask(() => {
        // The first answer may be all that is wanted.
        if (!isEnded) listener.changed({ origin: 'consul', endpoints: (entries[service] ?? []).map(endpointOf) });
        if (!isEnded) listener.confirmed();
      });
      return {
        end: async () => {
          isEnded = true;
        },
      };
    },
  };
  const upstreams = new UpstreamTable({
    source,
    settingsFor: ({ name }) => testUpstreamSettings(name),
    clock: systemClock,
    random: seededRandom(1),
  });
  const proxy = new ProxyServer({ settings: defaultProxySettings('test'), upstreams, clock: systemClock, recorder });
  const bound = await proxy.listen({ host: '127.0.0.1', port: 0 });
  return {
    port: 'port' in bound ? bound.port : 0,
    proxy,
    upstreams,
    asked,
    close: async () => {
      await proxy.close();
      await upstreams.close();
    },
  };
}

function endpointOf(entry: RegistryEntry): Endpoint {
  return {
    id: `${entry.host}:${entry.port}`,
    weight: 1,
    health: 'passing',
    tags: [],
    meta: new Map(),
    node: 'node-1',
    datacenter: 'dc1',
    checks: [],
    ...entry,
  };
}
