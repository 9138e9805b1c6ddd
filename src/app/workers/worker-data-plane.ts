import type { EventFeed } from '../../admin/event-feed.ts';
import type { ListenAddress, ListenerTls } from '../../http1/listener.ts';
import { parseServiceSegment } from '../../proxy/host-name.ts';
import { systemClock } from '../../runtime/clock.ts';
import { randomId, systemRandom } from '../../runtime/random.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { RegistrySum } from '../../telemetry/registry-sum.ts';
import { LoadSum } from '../../upstream/upstream-load.ts';
import type { UpstreamTable } from '../../upstream/upstream-table.ts';
import type { Config, TelemetryConfig } from '../config.ts';
import type { DataPlane } from '../data-plane.ts';
import { EventHub } from '../event-hub.ts';
import type { Standing } from '../standing.ts';
import type { TelemetryParts } from '../telemetry-parts.ts';
import type { WorkerCatalog } from './watch-service.ts';
import type { WorkerEvent, WorkerReading } from './worker-message.ts';
import { WorkerPool } from './worker-pool.ts';

/** How workers are started: a program that calls `runWorker`. */
export interface WorkerProgram {
  readonly program: string;
  readonly args: readonly string[];
}

/** What a {@link WorkerDataPlane} needs. */
export interface WorkerDataPlaneOptions {
  readonly config: Config;
  readonly worker: WorkerProgram;
  readonly catalog: WorkerCatalog;
  /** The primary's own: it has no traffic, and shows that of the workers. */
  readonly upstreams: UpstreamTable;
  readonly telemetry: TelemetryParts;
  readonly logger: Logger;
  readonly feed: EventFeed;
  readonly standing: Standing;
}

/** Workers serve the ports, and the primary shows what they do as if it did it itself: `proxy.workers` above 1. */
export class WorkerDataPlane implements DataPlane {
  readonly #options: WorkerDataPlaneOptions;
  readonly #pool: WorkerPool;
  readonly #metrics: RegistrySum;
  readonly #loads = new LoadSum();
  /** By the worker's number, of those that live and have told of something. */
  readonly #hubs = new Map<number, EventHub>();

  constructor(options: WorkerDataPlaneOptions) {
    const { config, worker, catalog, telemetry } = options;
    this.#options = options;
    this.#metrics = new RegistrySum(telemetry.metrics);
    this.#pool = new WorkerPool({
      config,
      instanceId: randomId(6, systemRandom),
      program: worker.program,
      args: worker.args,
      catalog,
      clock: systemClock,
      random: systemRandom,
      observer: {
        started: (number, pid) => this.#log(number).info('worker started', { pid }),
        died: (number, { code, signal }, inMs) => {
          this.#metrics.forget(number);
          this.#loads.forget(number);
          this.#hubs.delete(number);
          this.#log(number).error('a worker ended by itself; another takes its place', { code, signal, inMs });
        },
        failed: (number, error) => this.#log(number).error('a worker could not start', { error }),
        acceptFailed: (error) => this.#options.logger.error('the proxy cannot accept connections for now', { error }),
        event: (number, event, upstream) => this.#onEvent(number, event, upstream),
        request: (request) => telemetry.requests.publish(request),
        reading: (number, reading) => this.#onReading(number, reading),
        showsRequests: () => telemetry.requests.isWatched,
      },
    });
  }

  open(tls: ListenerTls | undefined): Promise<readonly ListenAddress[]> {
    return this.#pool.open(tls);
  }

  collect(): void {
    this.#metrics.collect();
  }

  async refresh(): Promise<void> {
    await this.#pool.read();
    this.#loads.showIn(this.#options.upstreams);
  }

  reload(config: Config): Promise<void> {
    return this.#pool.reload(config);
  }

  renewTls(tls: ListenerTls): void {
    this.#pool.renewTls(tls);
  }

  setLogLevel(level: TelemetryConfig['logs']['level']): void {
    this.#pool.setLogLevel(level);
  }

  drain(graceMs: number): Promise<void> {
    return this.#pool.drain(graceMs);
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  #log(worker: number): Logger {
    return this.#options.logger.with({ worker });
  }

  #onEvent(worker: number, event: WorkerEvent, upstream: string): void {
    if (event.kind === 'uses') {
      this.#use(upstream);
      return;
    }
    let hub = this.#hubs.get(worker);
    if (hub === undefined) {
      const { telemetry, feed, standing } = this.#options;
      const { metrics } = telemetry;
      hub = new EventHub({ logger: this.#log(worker), metrics, feed, standing, clock: systemClock });
      this.#hubs.set(worker, hub);
    }
    hub.upstream(event, upstream);
  }

  #onReading(worker: number, { metrics, upstreams }: WorkerReading): void {
    this.#metrics.add(worker, metrics);
    this.#loads.set(worker, upstreams);
    for (const { key } of upstreams) this.#use(key);
  }

  /** What a worker has open stays open here too: it is shown, and its watch is shared. */
  #use(key: string): void {
    const { upstreams } = this.#options;
    if (upstreams.get(key) !== undefined) return;
    const name = parseServiceSegment(key);
    if (name !== undefined) upstreams.open(name);
  }
}
