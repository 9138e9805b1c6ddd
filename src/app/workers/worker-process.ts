import { type ChildProcess, fork, type SendHandle } from 'node:child_process';
import type { EndedRequest } from '../../admin/request-feed.ts';
import type { RawConnection } from '../../http1/acceptor.ts';
import { CodedError } from '../../runtime/coded-error.ts';
import { WatchService, type WorkerCatalog } from './watch-service.ts';
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
  readonly catalog: WorkerCatalog;
  /** Takes back a connection that it was given and did not take before it ended. */
  readonly onGivenBack: (connection: RawConnection, place: number) => void;
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

/** How long after a worker's exit its last messages may still be on their way. */
const LAST_MESSAGE_MS = 20;

/** A worker as its primary sees it. */
export class WorkerProcess {
  readonly #options: WorkerProcessOptions;
  readonly #worker: ChildProcess;
  /** Connections on their way, still open here in case they do not arrive. */
  readonly #given = new Map<number, { readonly connection: RawConnection; readonly place: number }>();
  #nextConnection = 1;
  #isServing = false;
  readonly #watches: WatchService;
  readonly #calls = new Map<number, () => void>();
  #nextCall = 1;
  /** Resolves when it serves; rejects when it cannot, or ends before. */
  readonly serving: Promise<void>;
  readonly ended: Promise<WorkerEnd>;
  #hasEnded = false;

  constructor(options: WorkerProcessOptions) {
    const { program, args, catalog, start } = options;
    this.#options = options;
    this.#worker = fork(program, args, { serialization: 'advanced' });
    this.#watches = new WatchService(catalog, (message) => this.send(message));
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
    // By then its last message has been read: what was not said to be taken was not. Node does not tell of the end of a
    // channel on which a handle was under way, so the exit has to do.
    this.#worker.once('disconnect', () => this.#giveBack());
    void this.ended.then(() => setTimeout(() => this.#giveBack(), LAST_MESSAGE_MS));
    this.serving = new Promise((resolve, reject) => {
      this.#worker.on('message', (message: ToPrimary) => {
        if (message.kind === 'serving') {
          this.#isServing = true;
          resolve();
        } else if (message.kind === 'broken') reject(codedError(message.error));
        else this.#hear(message);
      });
      void this.ended.then(({ code, signal }) => reject(endedEarly(start.worker, code ?? signal)));
    });
    this.serving.catch(() => undefined);
    this.send(start);
  }

  get pid(): number | undefined {
    return this.#worker.pid;
  }

  /** Whether it takes connections. */
  get isServing(): boolean {
    return this.#isServing && !this.#hasEnded && this.#worker.connected;
  }

  /** Gives it a connection. It is closed here once the worker has it. */
  give(connection: RawConnection, place: number): void {
    const number = this.#nextConnection++;
    this.#given.set(number, { connection, place });
    const message: ToWorker = { kind: 'connection', place, connection: number };
    // Node passes such handles, as its cluster does; its types know the objects around them only.
    this.#worker.send(message, connection as unknown as SendHandle);
  }

  /** Tells it something; nothing happens when it is gone. */
  send(message: ToWorker): void {
    if (!this.#hasEnded && this.#worker.connected) this.#worker.send(message);
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
    this.#worker.kill('SIGKILL');
  }

  #giveBack(): void {
    for (const { connection, place } of this.#given.values()) this.#options.onGivenBack(connection, place);
    this.#given.clear();
  }

  #hear(message: Exclude<ToPrimary, { readonly kind: 'serving' | 'broken' }>): void {
    const { onEvent, onRequest, onReading } = this.#options;
    switch (message.kind) {
      case 'took':
        this.#given.get(message.connection)?.connection.close();
        this.#given.delete(message.connection);
        break;
      case 'watch':
        this.#watches.watch(message.watch, message.query);
        break;
      case 'unwatch':
        this.#watches.unwatch(message.watch);
        break;
      case 'watch-rules':
        this.#watches.watchRules(message.rules, message.service);
        break;
      case 'unwatch-rules':
        this.#watches.unwatchRules(message.rules);
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
  const message = `worker ${worker} ended (${how ?? 'for no known reason'}) before it served; the log lines above say why`;
  return new CodedError(message, { code: 'worker_failed', side: 'internal', retryable: true });
}
