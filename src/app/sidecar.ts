import { isDeepStrictEqual } from 'node:util';
import type { AdminParts } from '../admin/admin-parts.ts';
import { type AdminServer, serveAdmin } from '../admin/admin-server.ts';
import { EventFeed } from '../admin/event-feed.ts';
import { lazyAdminApp } from '../admin/lazy-admin-app.ts';
import { probesOf } from '../admin/probes.ts';
import type { ConsulClient } from '../consul/consul-client.ts';
import { KvView } from '../kv-config/kv-view.ts';
import { systemClock } from '../runtime/clock.ts';
import { Tasks } from '../runtime/task.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { UpstreamTable } from '../upstream/upstream-table.ts';
import type { AppPort } from './app-port.ts';
import { AppPresence } from './app-presence.ts';
import { asError } from './as-error.ts';
import { makeCatalog } from './catalog.ts';
import { Certificates } from './certificates.ts';
import type { ConfigLayer } from './config-layer.ts';
import { pinnedUpstreams, upstreamSettings } from './configured-upstream.ts';
import { ConsulMeter } from './consul-meter.ts';
import { meteredConsul } from './consul-parts.ts';
import type { DataPlane } from './data-plane.ts';
import { DEFAULT_SERVICE } from './default-config.ts';
import { effectiveSettings } from './effective-settings.ts';
import { EventHub } from './event-hub.ts';
import { KvSettings } from './kv-settings.ts';
import { listenAddress, urlOf } from './listen-address.ts';
import type { LoadedConfig } from './load-config.ts';
import { collectLogLines, type LogCounts } from './logging.ts';
import { makeDataPlane } from './make-data-plane.ts';
import { Standing } from './standing.ts';
import { TelemetryParts } from './telemetry-parts.ts';
import { durationMs } from './units.ts';
import { VERSION } from './version.ts';
import type { WorkerProgram } from './workers/worker-data-plane.ts';

/** What a sidecar is started with. */
export interface SidecarOptions {
  readonly loaded: LoadedConfig;
  /** Reads the configuration anew, with what is kept in Consul's KV; undefined: that is not looked at. @throws ConfigError */
  readonly load?: ((kv: ConfigLayer) => LoadedConfig) | undefined;
  readonly logger: Logger;
  /** Where the logger's lines go, so that they can be counted. */
  readonly writer: LogCounts;
  /** What workers run, if there are to be several. */
  readonly worker: WorkerProgram;
  /** The app's port, released once all of the sidecar's own are open; only looked at if there is a service. */
  readonly appPort: AppPort;
}

/** What a running sidecar cannot change. */
const RESTART_SECTIONS = ['service', 'consul', 'proxy', 'admin', 'snapshot', 'kv'] as const;

/** The sidecar: chooses the parts, opens them in order, and closes them in the reverse one. */
export class Sidecar implements AsyncDisposable {
  readonly #options: SidecarOptions;
  #loaded: LoadedConfig;
  readonly #logger: Logger;
  readonly #telemetry: TelemetryParts;
  readonly #consulMeter: ConsulMeter;
  readonly #consul: ConsulClient;
  readonly #upstreams: UpstreamTable;
  readonly #plane: DataPlane;
  /** Undefined: there is no app to register. */
  readonly #presence: AppPresence | undefined;
  readonly #events = new EventFeed();
  readonly #kv: KvView;
  readonly #kvSettings: KvSettings | undefined;
  readonly #standing = new Standing(systemClock);
  readonly #hub: EventHub;
  readonly #certificates: Certificates;
  readonly #tasks: Tasks;
  #admin: AdminServer | undefined;
  #proxyUrl = '';
  #leaving: Promise<void> | undefined;

  private constructor(options: SidecarOptions, telemetry: TelemetryParts) {
    const { loaded, logger, worker, appPort } = options;
    const { config } = loaded;
    this.#options = options;
    const clock = systemClock;
    this.#loaded = loaded;
    this.#logger = logger;
    this.#telemetry = telemetry;
    this.#tasks = new Tasks((name, error) =>
      logger.error('a part of the sidecar failed', { part: name, error: asError(error) }),
    );
    this.#certificates = new Certificates({ atStart: config, current: () => this.#loaded.config, clock });
    const { metrics, registry } = telemetry;
    this.#hub = new EventHub({ logger, metrics, feed: this.#events, standing: this.#standing, clock });
    this.#consulMeter = new ConsulMeter({ metrics, clock, onChange: (link) => this.#hub.consulLink(link) });
    this.#consul = meteredConsul(config.consul, this.#consulMeter);
    this.#kv = new KvView({ consul: this.#consul, clock });
    this.#kvSettings = this.#settingsInKv();
    const catalog = makeCatalog({
      config,
      consul: this.#consul,
      onEvent: (event) => this.#hub.discovery(event, this.#upstreams),
      // An agent that was away may have forgotten the app: it is looked at now, not at the next turn.
      onReach: () => this.#presence?.recheck(),
    });
    const { store } = catalog;
    if (store !== undefined) this.#tasks.start('snapshot', (signal) => store.run(signal));
    const { upstreams, plane } = makeDataPlane({
      config,
      catalog,
      worker,
      telemetry,
      logger,
      feed: this.#events,
      standing: this.#standing,
      hub: this.#hub,
    });
    this.#upstreams = upstreams;
    this.#plane = plane;
    this.#presence =
      config.service &&
      new AppPresence({
        service: config.service,
        appPort: appPort.number,
        consul: this.#consul,
        consulAddress: config.consul.address,
        onEvent: (event) => this.#hub.registration(event),
      });
    registry.onCollect(() => this.#collect());
  }

  /**
   * Opens everything. It serves within moments, whether Consul is there or not.
   * @throws CodedError when a port is taken or a file cannot be read; then nothing is left open
   */
  static async start(options: SidecarOptions): Promise<Sidecar> {
    const sidecar = new Sidecar(options, await TelemetryParts.start(options.loaded.config, options.logger));
    try {
      await sidecar.#open();
      return sidecar;
    } catch (error) {
      await sidecar[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Where the app calls others: `http://127.0.0.1:7700`. */
  get proxyUrl(): string {
    return this.#proxyUrl;
  }

  /** Health, metrics, API: `http://127.0.0.1:7701`. */
  get adminUrl(): string {
    return this.#admin?.url ?? '';
  }

  /** The settings that are kept in Consul's KV; undefined: none, or not known yet. */
  get kvLayer(): ConfigLayer | undefined {
    return this.#kvSettings?.layer;
  }

  /**
   * Leaves the catalog, and waits until callers have stopped; goes on serving the app. The same promise for all who ask.
   * @param hurry aborts the wait
   */
  leave(hurry: AbortSignal = new AbortController().signal): Promise<void> {
    this.#leaving ??= this.#leave(hurry);
    return this.#leaving;
  }

  /** Leaves, then answers what is under way, takes nothing new, and closes everything. @param hurry aborts the waits */
  async shutdown(hurry: AbortSignal): Promise<void> {
    await this.leave(hurry);
    const { service } = this.#loaded.config;
    const graceMs = durationMs(service?.drain.grace ?? DEFAULT_SERVICE.drain.grace);
    await this.#plane.drain(hurry.aborted ? 0 : graceMs);
    await this[Symbol.asyncDispose]();
  }

  /**
   * Takes over what a running sidecar can, certificates too; the log names what needs a restart.
   * @throws ConfigError for a PEM file that cannot be used; then nothing has changed
   */
  async reload(loaded: LoadedConfig): Promise<void> {
    const { config } = loaded;
    const tls = this.#certificates.read(config);
    const before = this.#loaded.config;
    this.#loaded = loaded;
    this.#logger.level = config.telemetry.logs.level;
    this.#upstreams.reload((name) => upstreamSettings(config, name), pinnedUpstreams(config));
    await this.#plane.reload(config);
    if (tls !== undefined) this.#plane.renewTls(tls);
    const needRestart = RESTART_SECTIONS.filter((section) => !isDeepStrictEqual(before[section], config[section]));
    this.#logger.info('the new configuration is in force', { needRestart });
  }

  /** Closes everything at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#plane.close();
    await this.#kv.close();
    await this.#admin?.close();
    await this.#tasks.stop();
    await this.#presence?.[Symbol.asyncDispose]();
    // Before the upstreams: their series go with them, and the last export is to have them.
    await this.#telemetry[Symbol.asyncDispose]();
    await this.#upstreams.close();
    await this.#consul.close();
  }

  async #open(): Promise<void> {
    const { config } = this.#loaded;
    const parts = this.#adminParts();
    const direct = { probes: probesOf(parts), allowedHosts: parts.allowedHosts };
    this.#admin = await serveAdmin(lazyAdminApp(parts), listenAddress(config.admin.listen), direct);
    const [first] = await this.#plane.open(this.#certificates.read(config));
    if (first !== undefined) this.#proxyUrl = urlOf(first, config.proxy.tls === undefined ? 'http' : 'https');
    this.#standing.isListening = true;
    const presence = this.#presence;
    await presence?.open();
    await this.#options.appPort.release();
    if (presence !== undefined) this.#tasks.start('registration', (signal) => presence.run(signal));
    const settings = this.#kvSettings;
    if (settings !== undefined) this.#tasks.start('settings in KV', (signal) => settings.run(signal));
    this.#tasks.start('certificates', (signal) => this.#followCertificates(signal));
    this.#logger.info('serving', {
      proxy: this.#proxyUrl,
      admin: this.adminUrl,
      consul: config.consul.address,
      version: VERSION,
    });
  }

  #followCertificates(signal: AbortSignal): Promise<void> {
    return this.#certificates.run(
      signal,
      () => this.reload(this.#loaded),
      (error) =>
        this.#logger.error('a certificate on disk cannot be used; the one before stays', { error: asError(error) }),
    );
  }

  #adminParts(): AdminParts {
    const { admin, telemetry } = this.#loaded.config;
    const consul = this.#consul;
    return {
      upstreams: this.#upstreams,
      services: async (signal) => (await consul.catalog.services({ signal })).value,
      readiness: () => this.#standing.readiness(this.#upstreams.list()),
      refresh: () => this.#plane.refresh(),
      presence: this.#presence,
      kv: this.#kv,
      drain: () => this.leave(),
      metrics: telemetry.metrics.prometheus ? (accept) => this.#telemetry.exposition(accept) : undefined,
      settings: () => effectiveSettings(this.#loaded),
      events: this.#events,
      requests: this.#telemetry.requests,
      traffic: (upstream) => this.#telemetry.traffic.of(upstream),
      consul: () => ({ address: consul.address, ...this.#consulMeter.link }),
      setLogLevel: (level) => {
        this.#logger.level = level;
        this.#plane.setLogLevel(level);
      },
      allowedHosts: admin.allowedHosts,
      wallMs: () => systemClock.wallMs(),
      version: VERSION,
    };
  }

  #settingsInKv(): KvSettings | undefined {
    const { loaded, load } = this.#options;
    const { prefix } = loaded.config.kv;
    if (prefix === undefined || load === undefined) return undefined;
    return new KvSettings({
      consul: this.#consul,
      prefix,
      apply: (layer) => this.reload(load(layer)),
      onProblem: (error) => this.#hub.settingsProblem(error),
    });
  }

  async #leave(hurry: AbortSignal): Promise<void> {
    this.#hub.drain();
    const { service } = this.#loaded.config;
    if (service !== undefined) await this.#presence?.leave({ service, logger: this.#logger }, hurry);
  }

  /** Sets what is only known by looking; called before each reading of the metrics. */
  #collect(): void {
    const { metrics } = this.#telemetry;
    this.#plane.collect();
    this.#consulMeter.collect();
    metrics.draining.bind().set(this.#standing.isDraining ? 1 : 0);
    collectLogLines(metrics, this.#options.writer);
    if (this.#presence === undefined) return;
    metrics.registered.bind().set(this.#presence.status().state === 'registered' ? 1 : 0);
  }
}
