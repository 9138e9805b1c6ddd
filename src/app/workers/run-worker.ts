import { Listener } from '../../http1/listener.ts';
import { ProxyServer } from '../../proxy/proxy-server.ts';
import { systemClock } from '../../runtime/clock.ts';
import { systemRandom } from '../../runtime/random.ts';
import type { LogWriter } from '../../telemetry/log-writer.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { RegistryReader } from '../../telemetry/registry-reading.ts';
import type { UpstreamEvent } from '../../upstream/upstream-event.ts';
import { loadOf } from '../../upstream/upstream-load.ts';
import type { UpstreamName } from '../../upstream/upstream-name.ts';
import type { UpstreamSettings } from '../../upstream/upstream-settings.ts';
import { UpstreamTable } from '../../upstream/upstream-table.ts';
import type { Config } from '../config.ts';
import { pinnedUpstreams, upstreamSettings } from '../configured-upstream.ts';
import { listenOn } from '../listeners.ts';
import { collectLogLines, createLogger } from '../logging.ts';
import { proxySettings } from '../proxy-settings.ts';
import { endedRequest } from '../show-request.ts';
import { TelemetryParts } from '../telemetry-parts.ts';
import { collectUpstreams } from '../upstream-metrics.ts';
import { RemoteRules } from './remote-rules.ts';
import { RemoteSource } from './remote-source.ts';
import { plainError, type ToPrimary, type ToWorker, type WorkerStart } from './worker-message.ts';

/** How long a stuck log reader may hold the end up. */
const FLUSH_MS = 1000;
/** So many ended requests a second are shown to whoever watches, by each worker. */
const SHOWN_PER_SECOND = 200;

/** A worker: serves the proxy's ports, with the catalog as the primary sees it, until the primary says to end, or is gone. */
export function runWorker(): void {
  // The terminal sends a Ctrl-C to all; when and in which order to end is for the primary to say.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  process.on('disconnect', () => process.exit(0));
  let worker: Promise<WorkerParts> | undefined;
  process.on('message', (message: ToWorker, handle: unknown) => {
    if (message.kind === 'start') {
      worker = WorkerParts.start(message);
      worker.catch(fail);
    } else {
      void worker?.then((parts) => parts.hear(message, handle)).catch(fail);
    }
  });
}

function send(message: ToPrimary): void {
  if (process.connected) process.send?.(message);
}

/** Ends the process, once the primary knows why. */
function fail(error: unknown): void {
  process.send?.({ kind: 'broken', error: plainError(error) } satisfies ToPrimary, () => process.exit(1));
}

/** The parts of a worker. */
class WorkerParts {
  readonly #start: WorkerStart;
  readonly #logger: Logger;
  readonly #writer: LogWriter;
  readonly #telemetry: TelemetryParts;
  readonly #source = new RemoteSource(send);
  readonly #rules = new RemoteRules(send);
  readonly #upstreams: UpstreamTable;
  readonly #proxy: ProxyServer;
  readonly #reader: RegistryReader;
  /** By the number of their place. */
  readonly #listeners: Listener[] = [];
  #shows = false;
  #shown = 0;
  #shownSecond = 0;

  private constructor(
    start: WorkerStart,
    { logger, writer }: { readonly logger: Logger; readonly writer: LogWriter },
    telemetry: TelemetryParts,
  ) {
    const { config, of, instanceId } = start;
    this.#start = start;
    this.#logger = logger;
    this.#writer = writer;
    this.#telemetry = telemetry;
    this.#upstreams = new UpstreamTable({
      source: this.#source,
      plans: config.consul.trafficRules ? this.#rules : undefined,
      settingsFor: (name) => shareOf(config, name, of),
      pinned: pinnedUpstreams(config),
      clock: systemClock,
      random: systemRandom,
      observer: tell,
      onClosed: ({ key }) => telemetry.registry.forget('upstream', key),
    });
    const settings = proxySettings(config.proxy);
    this.#proxy = new ProxyServer({
      settings: {
        ...settings,
        instanceId,
        limits: { ...settings.limits, connections: Math.ceil(settings.limits.connections / of) },
      },
      upstreams: this.#upstreams,
      openListener: (options) => {
        const listener = Listener.remote(options);
        this.#listeners.push(listener);
        return Promise.resolve(listener);
      },
      clock: systemClock,
      recorder: telemetry.recorder,
      tracer: telemetry.tracer,
      onRequest: (record) => {
        telemetry.onRequest(record);
        if (this.#shows && this.#mayShow()) send({ kind: 'request', request: endedRequest(record) });
      },
      onConnection: telemetry.onConnection,
      onListenerError: (error) => logger.error('the proxy cannot accept connections for now', { error }),
    });
    telemetry.registry.onCollect(() => this.#collect());
    this.#reader = new RegistryReader(telemetry.registry);
  }

  /** Opens the listeners, and tells the primary. @throws what opening threw */
  static async start(start: WorkerStart): Promise<WorkerParts> {
    const { config, worker, tls } = start;
    const { logger: all, writer } = createLogger(config.telemetry.logs);
    const logger = all.with({ worker });
    const parts = new WorkerParts(start, { logger, writer }, await TelemetryParts.start(config, logger, worker));
    for (const place of start.places) await listenOn(parts.#proxy, place, { tls, upstreams: parts.#upstreams });
    send({ kind: 'serving' });
    return parts;
  }

  async hear(message: Exclude<ToWorker, WorkerStart>, handle: unknown): Promise<void> {
    switch (message.kind) {
      case 'connection': {
        // Said first: a connection that was read from must not be given to another worker, should this one die now.
        const { connection, place } = message;
        const take = () => this.#listeners[place]?.take(handle);
        process.send?.({ kind: 'took', connection } satisfies ToPrimary, undefined, undefined, take);
        break;
      }
      case 'read':
        this.#shows = message.shows;
        this.#reply(message.call);
        break;
      case 'reload': {
        const { config } = message;
        this.#logger.level = config.telemetry.logs.level;
        this.#upstreams.reload((name) => shareOf(config, name, this.#start.of), pinnedUpstreams(config));
        this.#reply(message.call);
        break;
      }
      case 'rules':
        this.#rules.hear(message);
        break;
      case 'renew-tls':
        this.#proxy.renewTls(message.tls);
        break;
      case 'log-level':
        this.#logger.level = message.level;
        break;
      case 'drain':
        await this.#proxy.drain(message.graceMs);
        await this.#end(message.call);
        break;
      default:
        this.#source.hear(message);
    }
  }

  async #end(call: number): Promise<void> {
    await this.#telemetry[Symbol.asyncDispose]();
    await this.#upstreams.close();
    await this.#writer.flush(FLUSH_MS);
    process.send?.(this.#answer(call), () => process.exit(0));
  }

  #reply(call: number): void {
    send(this.#answer(call));
  }

  #answer(call: number): ToPrimary {
    const upstreams = this.#upstreams.list().map(loadOf);
    return { kind: 'reply', call, reading: { metrics: this.#reader.read(), upstreams } };
  }

  #collect(): void {
    const { metrics } = this.#telemetry;
    collectUpstreams(metrics, { upstreams: this.#upstreams, traffic: () => this.#proxy.traffic() });
    metrics.serverConnections.bind().set(this.#proxy.connections);
    collectLogLines(metrics, this.#writer);
  }

  #mayShow(): boolean {
    const second = Math.floor(systemClock.nowMs() / 1000);
    if (second !== this.#shownSecond) {
      this.#shownSecond = second;
      this.#shown = 0;
    }
    this.#shown += 1;
    return this.#shown <= SHOWN_PER_SECOND;
  }
}

/** The primary hears of what is this worker's own experience; what the catalog says it knows already. */
function tell(event: UpstreamEvent, upstream: string): void {
  if (event.kind === 'view') send({ kind: 'event', event: { kind: 'uses' }, upstream });
  else if (event.kind !== 'watch-failed') send({ kind: 'event', event, upstream });
}

/** An upstream's settings with this worker's share of its limits; the whole is the sidecar's, rounded up. */
function shareOf(config: Config, name: UpstreamName, of: number): UpstreamSettings {
  const settings = upstreamSettings(config, name);
  const { limits } = settings;
  return {
    ...settings,
    limits: {
      connections: Math.ceil(limits.connections / of),
      pending: Math.ceil(limits.pending / of),
      requests: Math.ceil(limits.requests / of),
    },
  };
}
