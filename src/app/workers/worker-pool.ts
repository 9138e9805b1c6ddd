import type { EndedRequest } from '../../admin/request-feed.ts';
import { Acceptor, type RawConnection } from '../../http1/acceptor.ts';
import type { ListenAddress, ListenerTls } from '../../http1/listener.ts';
import { Backoff } from '../../runtime/backoff.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import { Tasks } from '../../runtime/task.ts';
import type { Config, TelemetryConfig } from '../config.ts';
import { openPlaces, type Place } from '../listeners.ts';
import type { WorkerCatalog } from './watch-service.ts';
import type { WorkerEvent, WorkerReading } from './worker-message.ts';
import { type WorkerEnd, WorkerProcess } from './worker-process.ts';

/** What a {@link WorkerPool} needs. */
export interface WorkerPoolOptions {
  readonly config: Config;
  /** See `WorkerStart`. */
  readonly instanceId: string;
  /** The program that runs `runWorker`, and its arguments. */
  readonly program: string;
  readonly args: readonly string[];
  /** Whom the watches of all workers ask. */
  readonly catalog: WorkerCatalog;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: WorkerPoolObserver;
}

/** Hears of workers, by their numbers, 1…N. */
export interface WorkerPoolObserver {
  started(worker: number, pid: number | undefined): void;
  /** It ended, and nobody wanted that. `inMs`: until its replacement is started. */
  died(worker: number, end: WorkerEnd, inMs: number): void;
  /** A replacement could not start. */
  failed(worker: number, error: Error): void;
  /** A place cannot accept for now (too many open files, for example). */
  acceptFailed(error: Error): void;
  event(worker: number, event: WorkerEvent, upstream: string): void;
  request(request: EndedRequest): void;
  reading(worker: number, reading: WorkerReading): void;
  /** Whether somebody wants to see requests as they end. */
  showsRequests(): boolean;
}

/** A worker that lived this long does not count as failing again and again. */
const STEADY_MS = 10_000;
const BACKOFF = { minMs: 100, maxMs: 10_000 };
/** How long a scrape waits for a worker that does not answer; its last numbers stand for it. */
const READ_MS = 1000;
/** Readings are taken this often when nobody asks, so that a worker that dies takes little with it. */
const READ_EVERY_MS = 2000;
const RELOAD_MS = 10_000;
/** Connections that may wait for a worker; as long as the kernel's own queue. */
const MAX_WAITING = 4096;
/** How much longer than its grace a worker may take to drain. */
const EXIT_MS = 3000;

/** The processes that serve the proxy's ports: starts them, replaces those that die, and speaks to all of them. */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #workers = new Map<number, WorkerProcess>();
  readonly #tasks: Tasks;
  #config: Config;
  #tls: ListenerTls | undefined;
  #isStopping = false;
  readonly #acceptors: Acceptor[] = [];
  #places: readonly Place[] = [];
  /** The worker that got the last connection. */
  #turn = 0;
  /** Connections that came while no worker serves. */
  readonly #waiting: { readonly connection: RawConnection; readonly place: number }[] = [];

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#tasks = new Tasks((_name, error) => {
      throw error;
    });
  }

  /**
   * Listens, starts all workers, and resolves with where the proxy listens once every one serves.
   * @throws CodedError `proxy_listen_failed`, or of the first that cannot start
   */
  async open(tls: ListenerTls | undefined): Promise<readonly ListenAddress[]> {
    this.#tls = tls;
    const count = this.#config.proxy.workers;
    this.#places = await openPlaces(this.#config, ({ address }) => this.#accept(address));
    const started = Array.from({ length: count }, (_, index) => ({
      worker: index + 1,
      process: this.#start(index + 1),
    }));
    await Promise.all(started.map(({ process }) => process.serving));
    for (const { worker, process } of started)
      this.#tasks.start(`worker ${worker}`, (signal) => this.#keep(worker, process, signal));
    this.#tasks.start('readings', (signal) => this.#readOn(signal));
    return this.#places.filter(({ upstream }) => upstream === undefined).map(({ address }) => address);
  }

  /** Hears what every worker has done and does now; see `WorkerPoolObserver.reading`. */
  async read(): Promise<void> {
    const shows = this.#options.observer.showsRequests();
    await Promise.all([...this.#workers.values()].map((worker) => worker.order({ kind: 'read', shows }, READ_MS)));
  }

  /** Gives every worker another configuration, one after the other. Those started later have it too. */
  async reload(config: Config): Promise<void> {
    this.#config = config;
    for (const worker of [...this.#workers.values()]) await worker.order({ kind: 'reload', config }, RELOAD_MS);
  }

  /** Gives every worker another certificate, and those started later. */
  renewTls(tls: ListenerTls): void {
    this.#tls = tls;
    for (const worker of this.#workers.values()) worker.send({ kind: 'renew-tls', tls });
  }

  setLogLevel(level: TelemetryConfig['logs']['level']): void {
    for (const worker of this.#workers.values()) worker.send({ kind: 'log-level', level });
  }

  /** Lets every worker answer what is under way, at most for `graceMs`, and end. */
  async drain(graceMs: number): Promise<void> {
    this.#isStopping = true;
    await this.#closeAcceptors();
    const drained = [...this.#workers.values()].map(async (worker) => {
      await worker.order({ kind: 'drain', graceMs }, graceMs + EXIT_MS);
      await Promise.race([worker.ended, this.#options.clock.sleep(EXIT_MS, new AbortController().signal)]);
    });
    await Promise.all(drained);
    await this.close();
  }

  /** Ends all workers at once. */
  async close(): Promise<void> {
    this.#isStopping = true;
    await this.#closeAcceptors();
    for (const worker of this.#workers.values()) worker.kill();
    await Promise.all([...this.#workers.values()].map(({ ended }) => ended));
    await this.#tasks.stop();
  }

  #start(worker: number): WorkerProcess {
    const { instanceId, program, args, catalog, observer } = this.#options;
    // A reload does not move the proxy: a replacement is as those that it joins.
    const config = { ...this.#config, proxy: this.#options.config.proxy };
    const process = new WorkerProcess({
      start: {
        kind: 'start',
        worker,
        of: config.proxy.workers,
        config,
        places: this.#places,
        tls: this.#tls,
        instanceId,
      },
      program,
      args,
      catalog,
      onGivenBack: (connection, place) => this.#give(connection, place),
      onEvent: (event, upstream) => observer.event(worker, event, upstream),
      onRequest: (request) => observer.request(request),
      onReading: (reading) => observer.reading(worker, reading),
    });
    this.#workers.set(worker, process);
    void process.ended.then(() => {
      if (this.#workers.get(worker) === process) this.#workers.delete(worker);
    });
    process.serving.then(
      () => this.#giveWaiting(),
      () => undefined,
    );
    observer.started(worker, process.pid);
    return process;
  }

  /** Replaces a worker whenever it dies: the first time at once, then ever later. */
  async #keep(worker: number, first: WorkerProcess, signal: AbortSignal): Promise<void> {
    const { clock, random, observer } = this.#options;
    const backoff = new Backoff({ ...BACKOFF, random });
    let process = first;
    let startedAtMs = clock.nowMs();
    let isFirst = true;
    for (;;) {
      const end = await process.ended;
      if (signal.aborted || this.#isStopping) return;
      if (clock.nowMs() - startedAtMs > STEADY_MS) {
        backoff.reset();
        isFirst = true;
      }
      const inMs = isFirst ? 0 : backoff.nextMs();
      isFirst = false;
      observer.died(worker, end, Math.round(inMs));
      await clock.sleep(inMs, signal);
      startedAtMs = clock.nowMs();
      process = this.#start(worker);
      process.serving.catch((error: unknown) => {
        if (!this.#isStopping) observer.failed(worker, error instanceof Error ? error : new Error(String(error)));
      });
    }
  }

  /** Accepts at a place, the next one in order. */
  async #accept(address: ListenAddress): Promise<ListenAddress> {
    const place = this.#acceptors.length;
    const acceptor = await Acceptor.open({
      address,
      onConnection: (connection) => this.#give(connection, place),
      onError: (error) => this.#options.observer.acceptFailed(error),
    });
    this.#acceptors.push(acceptor);
    return acceptor.address;
  }

  /** Gives a connection to the worker whose turn it is. */
  #give(connection: RawConnection, place: number): void {
    const count = this.#options.config.proxy.workers;
    for (let tries = 0; tries < count; tries++) {
      this.#turn = (this.#turn % count) + 1;
      const worker = this.#workers.get(this.#turn);
      if (worker?.isServing !== true) continue;
      worker.give(connection, place);
      return;
    }
    if (this.#isStopping || this.#waiting.length >= MAX_WAITING) connection.close();
    else this.#waiting.push({ connection, place });
  }

  #giveWaiting(): void {
    for (const { connection, place } of this.#waiting.splice(0)) this.#give(connection, place);
  }

  async #closeAcceptors(): Promise<void> {
    for (const { connection } of this.#waiting.splice(0)) connection.close();
    await Promise.all(this.#acceptors.splice(0).map((acceptor) => acceptor.close()));
  }

  async #readOn(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#options.clock.sleep(READ_EVERY_MS, signal);
      await this.read();
    }
  }
}
