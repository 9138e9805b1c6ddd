import { write, writeSync } from 'node:fs';
import type { Clock, Timer } from '../runtime/clock.ts';

/** Where bytes go; replaced in tests. `node:fs` by default. */
export interface LogSink {
  /** Writes some of `bytes` and says how many, or fails. */
  write(bytes: Buffer, done: (error: NodeJS.ErrnoException | null, written: number) => void): void;
  /** As {@link write}, at once; throws. */
  writeSync(bytes: Buffer): number;
}

/** What a {@link LogWriter} is made of. */
export interface LogWriterOptions {
  readonly sink: LogSink;
  readonly clock: Clock;
  /** Characters that may wait to be written. Default 1 MiB; a line beyond it is dropped and counted. */
  readonly maxPendingBytes?: number | undefined;
}

/** How long a full pipe is left alone. */
const RETRY_MS = 20;
/** Tries that leaving the process may spend on a full pipe. */
const EXIT_TRIES = 50;

/** A file descriptor as a sink; 2 is stderr. */
export function descriptorSink(descriptor: number): LogSink {
  return {
    write: (bytes, done) => write(descriptor, bytes, done),
    writeSync: (bytes) => writeSync(descriptor, bytes),
  };
}

/**
 * Collects lines and writes them together, one write at a time and never on the event loop's time. A reader that is too
 * slow (a stuck log collector) costs lines, which are counted, and never latency or memory.
 */
export class LogWriter {
  readonly #options: LogWriterOptions;
  readonly #maxPendingBytes: number;
  #pending = '';
  #current: Buffer | undefined;
  #scheduled = false;
  #dropped = 0;
  #written = 0;
  #retry: Timer | undefined;
  #idle: (() => void)[] = [];

  constructor(options: LogWriterOptions) {
    this.#options = options;
    this.#maxPendingBytes = options.maxPendingBytes ?? 1024 * 1024;
  }

  /** Lines dropped since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Lines accepted since the start. */
  get accepted(): number {
    return this.#written;
  }

  /** Takes a line that carries its own end. False when it was dropped. */
  push(line: string): boolean {
    if (this.#pending.length + line.length > this.#maxPendingBytes) {
      this.#dropped += 1;
      return false;
    }
    this.#pending += line;
    this.#written += 1;
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => this.#next());
    }
    return true;
  }

  /**
   * Resolves when nothing waits any more, or after `timeoutMs`: a stuck reader must not hold the process. Until then it
   * keeps the process alive.
   */
  async flush(timeoutMs: number): Promise<void> {
    if (!this.#scheduled) return;
    const done = new AbortController();
    this.#idle.push(() => done.abort());
    await this.#options.clock.sleep(timeoutMs, done.signal).catch(() => undefined);
  }

  /**
   * Writes what waits before the process ends; for `process.on('exit')`, where nothing asynchronous runs any more. What
   * is being written already is left to that write.
   */
  flushSync(): void {
    let bytes = Buffer.from(this.#pending, 'utf8');
    this.#pending = '';
    if (this.#retry !== undefined && this.#current !== undefined) bytes = Buffer.concat([this.#current, bytes]);
    this.#retry?.cancel();
    for (let tries = 0; bytes.length > 0 && tries < EXIT_TRIES; tries++) {
      try {
        bytes = bytes.subarray(this.#options.sink.writeSync(bytes));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
      }
    }
  }

  #next(): void {
    if (this.#current === undefined) {
      if (this.#pending === '') {
        this.#scheduled = false;
        for (const tell of this.#idle.splice(0)) tell();
        return;
      }
      this.#current = Buffer.from(this.#pending, 'utf8');
      this.#pending = '';
    }
    this.#options.sink.write(this.#current, (error, written) => this.#onWritten(error, written));
  }

  #onWritten(error: NodeJS.ErrnoException | null, written: number): void {
    if (error?.code === 'EAGAIN') {
      this.#retry = this.#options.clock.after(RETRY_MS, () => {
        this.#retry = undefined;
        this.#next();
      });
      return;
    }
    const rest = error === null ? this.#current?.subarray(written) : undefined;
    this.#current = rest !== undefined && rest.length > 0 ? rest : undefined;
    this.#next();
  }
}
