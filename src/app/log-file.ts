import { closeSync, openSync } from 'node:fs';
import { CodedError } from '../runtime/coded-error.ts';
import { descriptorSink, type LogSink } from '../telemetry/log-writer.ts';

/** Readable for its owner and group, as log files are. */
const MODE = 0o640;

/** A file that log lines are appended to, and that can be opened anew once it was moved away (logrotate). */
export class LogFile implements LogSink, Disposable {
  readonly #path: string;
  #descriptor: number;
  #sink: LogSink;

  /** @throws CodedError `log_file_unwritable` */
  constructor(path: string) {
    this.#path = path;
    this.#descriptor = opened(path);
    this.#sink = descriptorSink(this.#descriptor);
  }

  write(...args: Parameters<LogSink['write']>): void {
    this.#sink.write(...args);
  }

  writeSync(bytes: Buffer): number {
    return this.#sink.writeSync(bytes);
  }

  /**
   * Goes on in a new file of the same name; what is being written still goes to the old one. When the new one cannot be
   * opened, the old one stays in use.
   * @throws CodedError `log_file_unwritable`
   */
  reopen(): void {
    const before = this.#descriptor;
    this.#descriptor = opened(this.#path);
    this.#sink = descriptorSink(this.#descriptor);
    // A write that was handed to the system has the old descriptor: it may end first.
    setTimeout(closeSync, 1000, before).unref();
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}

function opened(path: string): number {
  try {
    return openSync(path, 'a', MODE);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CodedError(`the log file cannot be written: ${reason}; name another with --logfile`, {
      code: 'log_file_unwritable',
      side: 'internal',
      retryable: false,
      cause,
    });
  }
}
