import type { LogFields } from './log-fields.ts';
import type { Logger } from './logger.ts';

/** Which requests get a line. */
export interface AccessLogSettings {
  /** `errors`: statuses from 500 on and requests that failed. `sampled`: those, and requests whose trace is sampled. */
  readonly mode: 'off' | 'errors' | 'sampled' | 'all';
  /** A request that took longer is logged in every mode but `off`; 0 = none is slow. */
  readonly slowMs: number;
}

/** A finished request, as its line tells it. */
export interface AccessEntry {
  readonly method: string;
  /** The path without its query. */
  readonly path: string;
  readonly upstream: string | undefined;
  /** Undefined when no answer was sent. */
  readonly status: number | undefined;
  readonly durationMs: number;
  readonly attempts: number;
  /** `host:port` of the last attempt. */
  readonly endpoint: string | undefined;
  readonly errorType: string | undefined;
  readonly traceId: string | undefined;
  readonly requestBytes: number;
  readonly responseBytes: number;
}

/** A TCP connection that has ended, as its line tells it. */
export interface ConnectionEntry
  extends Pick<AccessEntry, 'upstream' | 'durationMs' | 'attempts' | 'endpoint' | 'errorType'> {
  /** From the caller. */
  readonly receivedBytes: number;
  /** To the caller. */
  readonly sentBytes: number;
}

const ANSWERED = 200;

/** The access log: asked first, so that a request without a line costs a comparison. */
export class AccessLog {
  readonly #logger: Logger;
  readonly #settings: AccessLogSettings;

  constructor(logger: Logger, settings: AccessLogSettings) {
    this.#logger = logger;
    this.#settings = settings;
  }

  /** Whether a request that ended like this gets a line. `status` 0: no answer was sent. */
  wants(status: number, durationMs: number, sampled: boolean): boolean {
    const { mode, slowMs } = this.#settings;
    if (mode === 'off') return false;
    if (mode === 'all' || status >= 500 || status === 0) return true;
    return (mode === 'sampled' && sampled) || (slowMs > 0 && durationMs >= slowMs);
  }

  /** Writes the line of a TCP connection, if it gets one: as of a request that was answered, or failed. It is never slow. */
  connection(entry: ConnectionEntry): void {
    if (!this.wants(entry.errorType === undefined ? ANSWERED : 0, 0, false)) return;
    const fields: LogFields = {
      upstream: entry.upstream,
      durationMs: Math.round(entry.durationMs * 1000) / 1000,
      attempts: entry.attempts,
      endpoint: entry.endpoint,
      error: entry.errorType,
      receivedBytes: entry.receivedBytes,
      sentBytes: entry.sentBytes,
    };
    if (entry.errorType !== undefined) this.#logger.warn('connection', fields);
    else this.#logger.info('connection', fields);
  }

  /** Writes the line: a warning if the request failed, slow ones marked. The query is never part of it. */
  write(entry: AccessEntry): void {
    const { status, durationMs, path, errorType } = entry;
    const query = path.indexOf('?');
    const fields: LogFields = {
      method: entry.method,
      path: query < 0 ? path : path.slice(0, query),
      upstream: entry.upstream,
      status,
      durationMs: Math.round(durationMs * 1000) / 1000,
      attempts: entry.attempts,
      endpoint: entry.endpoint,
      error: errorType,
      requestBytes: entry.requestBytes,
      responseBytes: entry.responseBytes,
      traceId: entry.traceId,
      slow: this.#settings.slowMs > 0 && durationMs >= this.#settings.slowMs ? true : undefined,
    };
    if (errorType !== undefined || status === undefined || status >= 500) this.#logger.warn('request', fields);
    else this.#logger.info('request', fields);
  }
}
