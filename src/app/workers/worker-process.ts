import cluster, { type Worker } from 'node:cluster';
import type { EndedRequest } from '../../admin/request-feed.ts';
import type { ListenAddress } from '../../http1/listener.ts';
import { CodedError } from '../../runtime/coded-error.ts';
import type { EndpointSource } from '../../upstream/endpoint-source.ts';
import { WatchService } from './watch-service.ts';
import {
  codedError,
  type ToPrimary,
  type ToWorker,
  type WorkerEvent,
  type WorkerReading,
  type WorkerStart,
} from './worker-message.ts';

/** What a {@link WorkerProcess} needs. */
export interface WorkerProcessOptions {
  readonly start: WorkerStart;
  /** The program that runs `runWorker`, and its arguments. */
  readonly program: string;
  readonly args: readonly string[];
  /** Whom its watches ask. */
  readonly source: EndpointSource;
  readonly onEvent: (event: WorkerEvent, upstream: string) => void;
  readonly onRequest: (request: EndedRequest) => void;
  /** Hears of each reading, also of one that came too late for whoever asked: what it says was gained is said once. */
  readonly onReading: (reading: WorkerReading) => void;
}

/** How a worker ended. */
export interface WorkerEnd {
  readonly code: number | undefined;
  readonly signal: string | undefined;
}

/** Orders that a worker answers once they are done, without their call's number. */
export type WorkerOrder =
  | { readonly kind: 'read'; readonly shows: boolean }
  | { readonly kind: 'reload'; readonly config: WorkerStart['config'] }
  | { readonly kind: 'drain'; readonly graceMs: number };

/** A worker as its primary sees it. */
export class WorkerProcess {
  readonly #options: WorkerProcessOptions;
  readonly #worker: Worker;
  readonly #watches: WatchService;
  readonly #calls = new Map<number, () => void>();
  #nextCall = 1;
  /** Where its proxy listens; rejects when it cannot, or ends before. */
  readonly listening: Promise<readonly ListenAddress[]>;
  readonly ended: Promise<WorkerEnd>;
  #hasEnded = false;

  constructor(options: WorkerProcessOptions) {
    const { program, args, source, start } = options;
    this.#options = options;
    // Workers accept by themselves. Handed out by the primary, a connection on its way to a worker that dies is lost.
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    cluster.setupPrimary({ exec: program, args: [...args], serialization: 'advanced' });
    this.#worker = cluster.fork();
    this.#watches = new WatchService(source, (message) => this.send(message));
    this.ended = new Promise((resolve) => {
      const end = (how: WorkerEnd) => {
        this.#hasEnded = true;
        this.#watches.close();
        for (const done of this.#calls.values()) done();
        resolve(how);
      };
      this.#worker.once('exit', (code, signal) => end({ code: code ?? undefined, signal: signal ?? undefined }));
      // Either it was never started (no more processes, no memory), or its channel broke, and its exit follows.
      this.#worker.on('error', () => this.pid === undefined && end({ code: undefined, signal: undefined }));
    });
    this.listening = new Promise((resolve, reject) => {
      this.#worker.on('message', (message: ToPrimary) => {
        if (message.kind === 'listening') resolve(message.bound);
        else if (message.kind === 'broken') reject(codedError(message.error));
        else this.#hear(message);
      });
      void this.ended.then(({ code, signal }) => reject(endedEarly(start.worker, code ?? signal)));
    });
    this.listening.catch(() => undefined);
    this.send(start);
  }

  get pid(): number | undefined {
    return this.#worker.process.pid;
  }

  /** Tells it something; nothing happens when it is gone. */
  send(message: ToWorker): void {
    if (!this.#hasEnded && this.#worker.isConnected()) this.#worker.send(message);
  }

  /** Resolves when the worker has done it, or is gone, at the latest after `timeoutMs`. */
  async order(order: WorkerOrder, timeoutMs: number): Promise<void> {
    if (this.#hasEnded) return;
    const call = this.#nextCall++;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#calls.set(call, () => {
        clearTimeout(timer);
        resolve();
      });
      this.send({ ...order, call });
    });
    this.#calls.delete(call);
  }

  kill(): void {
    this.#worker.process.kill('SIGKILL');
  }

  #hear(message: Exclude<ToPrimary, { readonly kind: 'listening' | 'broken' }>): void {
    const { onEvent, onRequest, onReading } = this.#options;
    switch (message.kind) {
      case 'watch':
        this.#watches.watch(message.watch, message.query);
        break;
      case 'unwatch':
        this.#watches.unwatch(message.watch);
        break;
      case 'event':
        onEvent(message.event, message.upstream);
        break;
      case 'request':
        onRequest(message.request);
        break;
      case 'reply':
        onReading(message.reading);
        this.#calls.get(message.call)?.();
    }
  }
}

function endedEarly(worker: number, how: number | string | undefined): CodedError {
  const message = `worker ${worker} ended (${how ?? 'for no known reason'}) before it listened; the log lines above say why`;
  return new CodedError(message, { code: 'worker_failed', side: 'internal', retryable: true });
}
