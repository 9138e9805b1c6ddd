import type { ListenAddress, ListenerTls } from '../http1/listener.ts';
import { ProxyServer } from '../proxy/proxy-server.ts';
import { systemClock } from '../runtime/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { UpstreamTable } from '../upstream/upstream-table.ts';
import type { Config } from './config.ts';
import type { DataPlane } from './data-plane.ts';
import { listenOn, openPlaces } from './listeners.ts';
import { proxySettings } from './proxy-settings.ts';
import type { TelemetryParts } from './telemetry-parts.ts';
import { collectUpstreams } from './upstream-metrics.ts';

/** What an {@link OwnDataPlane} needs. */
export interface OwnDataPlaneOptions {
  readonly config: Config;
  readonly upstreams: UpstreamTable;
  readonly telemetry: TelemetryParts;
  readonly logger: Logger;
}

/** The sidecar's process serves the ports itself: `proxy.workers: 1`. */
export class OwnDataPlane implements DataPlane {
  readonly #options: OwnDataPlaneOptions;
  readonly #proxy: ProxyServer;

  constructor(options: OwnDataPlaneOptions) {
    const { config, upstreams, telemetry, logger } = options;
    this.#options = options;
    this.#proxy = new ProxyServer({
      settings: proxySettings(config.proxy),
      upstreams,
      clock: systemClock,
      recorder: telemetry.recorder,
      tracer: telemetry.tracer,
      onRequest: telemetry.onRequest,
      onConnection: telemetry.onConnection,
      onListenerError: (error) => logger.error('the proxy cannot accept connections for now', { error }),
    });
  }

  async open(tls: ListenerTls | undefined): Promise<readonly ListenAddress[]> {
    const { config, upstreams } = this.#options;
    const places = await openPlaces(config, (place) => listenOn(this.#proxy, place, { tls, upstreams }));
    return places.map(({ address }) => address);
  }

  collect(): void {
    const { upstreams, telemetry } = this.#options;
    collectUpstreams(telemetry.metrics, { upstreams, traffic: () => this.#proxy.traffic() });
    telemetry.metrics.serverConnections.bind().set(this.#proxy.connections);
  }

  /** Nothing to do: all that there is, is here. */
  refresh(): Promise<void> {
    return Promise.resolve();
  }

  /** Nothing to do: the upstreams are those of this process. */
  reload(): Promise<void> {
    return Promise.resolve();
  }

  renewTls(tls: ListenerTls): void {
    this.#proxy.renewTls(tls);
  }

  /** Nothing to do: the logger is that of this process. */
  setLogLevel(): void {}

  drain(graceMs: number): Promise<void> {
    return this.#proxy.drain(graceMs);
  }

  close(): Promise<void> {
    return this.#proxy.close();
  }
}
