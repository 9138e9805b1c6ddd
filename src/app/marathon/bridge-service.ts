import { hostname } from 'node:os';
import { type AdminServer, serveAdmin } from '../../admin/admin-server.ts';
import { bridgeApp } from '../../admin/bridge-app.ts';
import type { BridgeJson } from '../../admin/bridge-parts.ts';
import { EventFeed } from '../../admin/event-feed.ts';
import { isConsulError } from '../../consul/consul-error.ts';
import { type LeadershipEvent, leaderKey, runWhileLeading } from '../../marathon/leader-lock.ts';
import { systemClock } from '../../runtime/clock.ts';
import { CodedError } from '../../runtime/coded-error.ts';
import { randomId, systemRandom } from '../../runtime/random.ts';
import { Tasks } from '../../runtime/task.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { otlpSignals } from '../../telemetry/otel-environment.ts';
import { asError } from '../as-error.ts';
import { ConsulMeter } from '../consul-meter.ts';
import type { EffectiveSetting } from '../effective-settings.ts';
import { listenAddress } from '../listen-address.ts';
import { collectLogLines, type LogCounts } from '../logging.ts';
import { Measurement } from '../measurement.ts';
import { VERSION } from '../version.ts';
import { BridgeCore } from './bridge-core.ts';
import { BridgeEvents } from './bridge-events.ts';
import { BridgeHub } from './bridge-hub.ts';
import { collectBridge } from './bridge-metrics.ts';
import { appRows } from './bridge-report.ts';
import { BridgeStanding } from './bridge-standing.ts';
import { MarathonMeter } from './marathon-meter.ts';
import type { MarathonSettings } from './marathon-settings.ts';
import { refusalWords } from './plan-report.ts';

/** What a bridge is started with. */
export interface BridgeServiceOptions {
  readonly settings: MarathonSettings;
  /** The settings as `/v1/config` is to show them. */
  readonly shown: readonly EffectiveSetting[];
  /** `host:port` or `unix:///path`. */
  readonly adminListen: string;
  readonly logger: Logger;
  /** Where the logger's lines go. */
  readonly writer: LogCounts;
}

/** What the resource is called when `OTEL_SERVICE_NAME` does not say. */
const SERVICE_NAME = 'pilotfish-marathon';
/** Consul's least. A leader that is killed is noticed after one to two of it. */
const SESSION_TTL_MS = 10_000;

/** The running bridge: chooses the parts, opens them in order, and closes them in the reverse one. */
export class BridgeService implements AsyncDisposable {
  /** Resolves with what the bridge cannot go on from. */
  readonly broken: Promise<Error>;
  readonly #options: BridgeServiceOptions;
  readonly #telemetry: Measurement;
  readonly #feed = new EventFeed();
  readonly #hub: BridgeHub;
  readonly #standing = new BridgeStanding(systemClock);
  readonly #consulMeter: ConsulMeter;
  readonly #marathonMeter: MarathonMeter;
  readonly #core: BridgeCore;
  readonly #tasks: Tasks;
  #events: BridgeEvents | undefined;
  #admin: AdminServer | undefined;

  private constructor(options: BridgeServiceOptions, telemetry: Measurement) {
    const { settings, logger } = options;
    this.#options = options;
    this.#telemetry = telemetry;
    const { metrics, registry } = telemetry;
    const clock = systemClock;
    this.#hub = new BridgeHub({ logger, metrics, feed: this.#feed, clock, hasStream: settings.events !== 'callback' });
    const broken = Promise.withResolvers<Error>();
    this.broken = broken.promise;
    this.#tasks = new Tasks((_part, error) => broken.resolve(asError(error)));
    this.#consulMeter = new ConsulMeter({ metrics, clock, onChange: (link) => this.#hub.consulLink(link) });
    this.#marathonMeter = new MarathonMeter(settings.marathon.addresses.length, clock);
    const agentsMeter = new ConsulMeter({ metrics, clock });
    this.#core = new BridgeCore({
      settings,
      onEvent: (event) => this.#hub.bridge(event),
      aroundMain: (transport) => this.#consulMeter.around(transport),
      aroundAgents: (transport) => agentsMeter.around(transport),
      aroundMarathon: (wire) => this.#marathonMeter.around(wire),
    });
    registry.onCollect(() => this.#collect());
  }

  /**
   * Opens everything. It serves within moments, whether Marathon and Consul are there or not.
   * @throws CodedError when a port is taken; then nothing is left open
   */
  static async start(options: BridgeServiceOptions): Promise<BridgeService> {
    const measurement = await Measurement.start({
      serviceName: SERVICE_NAME,
      instanceId: randomId(8, systemRandom),
      // It makes no spans.
      signals: { ...otlpSignals(process.env), traces: false },
      logger: options.logger,
    });
    const service = new BridgeService(options, measurement);
    try {
      await service.#open();
      return service;
    } catch (error) {
      await service[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Health, metrics, page: `http://127.0.0.1:7702`. */
  get adminUrl(): string {
    return this.#admin?.url ?? '';
  }

  /** What Marathon is told to call; undefined: no callbacks are wanted. */
  get callbackUrl(): string | undefined {
    return this.#events?.callbackUrl;
  }

  /**
   * Ends the write under way and gives the lock back, so that another bridge may go on at once; then closes everything.
   * What is in Consul stays, and so does the callback in Marathon.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#standing.enter('stopping');
    await this.#tasks.stop();
    await this.#events?.[Symbol.asyncDispose]();
    await this.#admin?.close();
    await this.#telemetry[Symbol.asyncDispose]();
    await this.#core[Symbol.asyncDispose]();
  }

  async #open(): Promise<void> {
    const { settings, adminListen, logger } = this.#options;
    const { marathon, bridge } = this.#core;
    this.#events = await BridgeEvents.open({ settings, marathon, hub: this.#hub, clock: systemClock });
    this.#admin = await serveAdmin(this.#adminApp(), listenAddress(adminListen));
    const events = this.#events;
    this.#tasks.start('events', (signal) => events.run(signal, bridge.onNotice));
    if (settings.elect) {
      this.#tasks.start('bridge', (signal) => this.#runElected(signal));
      this.#tasks.start('leader', (signal) => this.#followLeader(signal));
    } else {
      this.#standing.enter('leading');
      this.#tasks.start('bridge', (signal) => bridge.run(signal));
    }
    logger.info('the bridge runs', {
      admin: this.adminUrl,
      marathon: settings.marathon.addresses,
      consul: this.#core.consul.address,
      callback: this.callbackUrl,
      registrationId: settings.bridge.registrationId,
      version: VERSION,
    });
  }

  async #runElected(signal: AbortSignal): Promise<void> {
    const { consul, bridge } = this.#core;
    const { settings } = this.#options;
    const { registrationId } = settings.bridge;
    const { timeoutMs } = settings.marathon;
    const options = {
      consul,
      registrationId,
      holder: `${hostname()} ${process.pid}`,
      ttlMs: SESSION_TTL_MS,
      // A write that was under way when the office was lost has ended by then.
      lockDelayMs: timeoutMs + 1000,
      onEvent: (event: LeadershipEvent) => {
        if (!signal.aborted) this.#standing.enter(event.kind === 'elected' ? 'leading' : 'standby');
        this.#hub.leadership(event);
      },
    };
    try {
      await runWhileLeading(options, (inOffice) => bridge.run(inOffice), signal);
    } catch (error) {
      throw isConsulError(error, 'PermissionDenied') ? lockDenied(registrationId, error) : error;
    }
  }

  /** Keeps in mind who leads. */
  async #followLeader(signal: AbortSignal): Promise<void> {
    const key = leaderKey(this.#options.settings.bridge.registrationId);
    for await (const { value } of this.#core.consul.kv.watch(key, { signal }))
      this.#standing.leader = value?.session === undefined ? undefined : value.value.toString('utf8');
  }

  #adminApp(): ReturnType<typeof bridgeApp> {
    const { settings, logger, shown } = this.#options;
    return bridgeApp({
      bridge: () => this.#report(),
      readiness: () => this.#standing.readiness(this.#report(), this.#consulMeter.link.isReachable),
      metrics: (accept) => this.#telemetry.exposition(accept),
      settings: () => shown,
      events: this.#feed,
      consul: () => ({ address: this.#core.consul.address, ...this.#consulMeter.link }),
      setLogLevel: (level) => {
        logger.level = level;
      },
      allowedHosts: [settings.advertised.host, hostname()],
      wallMs: () => systemClock.wallMs(),
      version: VERSION,
    });
  }

  #report(): BridgeJson {
    const { settings } = this.#options;
    const { registrationId, syncIntervalMs, purge, maxPurge } = settings.bridge;
    const status = this.#core.bridge.status();
    const { lastSync, lastError, refusal, unreadableAgents, pending } = status;
    const { count: received, lastWallMs } = this.#hub.received;
    const { stream, callback } = this.#events?.state ?? { stream: undefined, callback: undefined };
    return {
      registrationId,
      ...this.#standing.role,
      marathon: { addresses: settings.marathon.addresses, ...this.#marathonMeter.link },
      events: { wanted: settings.events, stream, callback, received, lastWallMs },
      sync: {
        intervalMs: syncIntervalMs,
        lastWallMs: lastSync?.endedAtWallMs,
        tookMs: lastSync?.durationMs,
        error: lastError?.message,
        pending,
      },
      purge: { isOn: purge, maxShare: maxPurge, refused: refusal === undefined ? undefined : refusalWords(refusal) },
      unreadableAgents: unreadableAgents.map(({ agent, error }) => `${agent}: ${error.message}`),
      apps: appRows(status),
    };
  }

  /** Sets what is only known by looking; called before each reading of the metrics. */
  #collect(): void {
    const { metrics } = this.#telemetry;
    this.#consulMeter.collect();
    collectBridge(metrics, this.#report(), this.#hub.syncAgeMs);
    collectLogLines(metrics, this.#options.writer);
  }
}

function lockDenied(registrationId: string, cause: Error): CodedError {
  const key = leaderKey(registrationId);
  const message = `the lock by which bridges elect the one that writes cannot be had: the token needs session:write and key:write on ${key}; or start only one bridge, with --no-elect`;
  return new CodedError(message, { code: 'consul_permission_denied', side: 'internal', retryable: false, cause });
}
