import { request } from 'node:http';
import { InvalidArgumentError, Option } from 'commander';
import { CodedError } from '../runtime/coded-error.ts';

/** Where a sidecar's admin port is when nothing else is said. */
const DEFAULT_URL = 'http://127.0.0.1:7701';
const TIMEOUT_MS = 30_000;
/** An answer larger than this is none of the admin port's. */
const MAX_ANSWER_BYTES = 64 * 2 ** 20;

/** The flag by which commands find the running sidecar. */
export function adminOption(): Option {
  return new Option('--admin <url>', 'the running sidecar’s admin port')
    .env('PILOTFISH_ADMIN_URL')
    .argParser(asAdminUrl)
    .default(DEFAULT_URL);
}

/** `http://host:port` or `unix:///path`; `host:port` will do. @throws InvalidArgumentError */
export function asAdminUrl(text: string): string {
  if (/^unix:\/\/\/./.test(text)) return text;
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (URL.parse(url)?.protocol === 'http:') return url;
  throw new InvalidArgumentError('Expected http://host:port or unix:///path.');
}

/** A request to the admin port. */
interface AdminCall {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: object;
}

/** What came back: an answer, or the detail of a problem. */
interface AdminAnswer {
  readonly status: number;
  readonly text: string;
}

/** The admin API of a running sidecar, over TCP or a unix socket. */
export class AdminClient {
  readonly #url: string;

  /** `http://host:port` or `unix:///path`. */
  constructor(url: string) {
    this.#url = url;
  }

  /** @throws CodedError `admin_unreachable`, `admin_refused` with the sidecar's own words */
  get<T>(path: string): Promise<T> {
    return this.#json({ method: 'GET', path });
  }

  /** @throws CodedError `admin_unreachable`, `admin_refused` with the sidecar's own words */
  post<T>(path: string, body: object = {}): Promise<T> {
    return this.#json({ method: 'POST', path, body });
  }

  async #json<T>(call: AdminCall): Promise<T> {
    const { status, text } = await this.#exchange(call);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw refused(
        `${call.method} ${call.path} at ${this.#url} did not answer JSON: is this a sidecar’s admin port?`,
        cause,
      );
    }
    if (status < 400) return value as T;
    const detail = typeof value === 'object' && value !== null && 'detail' in value ? String(value.detail) : text;
    throw refused(detail);
  }

  #exchange({ method, path, body }: AdminCall): Promise<AdminAnswer> {
    const socketPath = this.#url.startsWith('unix://') ? this.#url.slice('unix://'.length) : undefined;
    const url = new URL(path, socketPath === undefined ? this.#url : 'http://localhost');
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    return new Promise((resolve, reject) => {
      const fail = (cause: Error): void => reject(unreachable(this.#url, cause));
      const outgoing = request(url, { method, headers, socketPath, timeout: TIMEOUT_MS }, (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('error', fail);
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > MAX_ANSWER_BYTES)
            outgoing.destroy(new Error(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`));
          else chunks.push(chunk);
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        );
      });
      outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
      outgoing.on('error', fail);
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

function unreachable(url: string, cause: Error): CodedError {
  const message = `no sidecar answers at ${url}: ${cause.message}; start one with pilotfish run, or name its admin port with --admin`;
  return new CodedError(message, { code: 'admin_unreachable', side: 'internal', retryable: true, cause });
}

function refused(message: string, cause?: unknown): CodedError {
  return new CodedError(message, { code: 'admin_refused', side: 'internal', retryable: false, cause });
}
