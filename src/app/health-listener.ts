import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AppHealth } from '../registration/health-gate.ts';
import { type Identity, identityAnswer, identityPath } from '../registration/identity-health.ts';
import { CodedError } from '../runtime/coded-error.ts';
import { listenAddress } from './listen-address.ts';

/** What a {@link HealthListener} needs. */
export interface HealthListenerOptions {
  /** `service.healthListen`: `host:port`; port 0 takes a free one. Consul's agent has to reach it. */
  readonly listen: string;
  /** How the app is. Rejects only when aborted. */
  readonly health: (signal: AbortSignal) => Promise<AppHealth>;
}

/** Agents that ask at once; a port that everybody reaches must not cost more. */
const MAX_CONNECTIONS = 64;
const REQUEST_MS = 5000;

/**
 * Answers Consul's health check in the app's place, for this run of this registration only (see `identity-health.ts`).
 * Whoever does not know the path gets a 404 and learns nothing; the app is asked only for one who does.
 */
export class HealthListener implements AsyncDisposable {
  readonly #server: Server;
  readonly #health: HealthListenerOptions['health'];
  readonly #bootNonce = randomBytes(16).toString('hex');
  readonly #closing = new AbortController();
  #identity: Identity | undefined;

  private constructor({ health }: HealthListenerOptions) {
    this.#health = health;
    this.#server = createServer({ maxHeaderSize: 8192, requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS });
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.on('request', (request, response) => void this.#answer(request, response));
  }

  /** Listens. @throws CodedError `health_listen_failed` */
  static async open(options: HealthListenerOptions): Promise<HealthListener> {
    const listener = new HealthListener(options);
    try {
      const address = listenAddress(options.listen);
      if ('path' in address) throw new Error('Consul cannot check over a unix socket');
      listener.#server.listen(address.port, address.host);
      await once(listener.#server, 'listening');
      return listener;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new CodedError(`service.healthListen ${options.listen}: ${reason}; choose another address and port`, {
        code: 'health_listen_failed',
        side: 'internal',
        retryable: false,
        cause: error,
      });
    }
  }

  /** The URL that Consul is to check for this service, from now on the only one that is answered. */
  urlFor({ id, address }: { readonly id: string; readonly address: string }): string {
    this.#identity = { serviceId: id, bootNonce: this.#bootNonce };
    const bound = this.#server.address();
    if (bound === null || typeof bound === 'string') throw new TypeError('the health listener is closed');
    const { address: own, port } = bound;
    const host = own === '0.0.0.0' || own === '::' ? address : own;
    return `http://${host.includes(':') ? `[${host}]` : host}:${port}${identityPath(this.#identity)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = ''] = (request.url ?? '').split('?');
    const identity = this.#identity;
    try {
      const { status, body } =
        identity === undefined
          ? { status: 404, body: 'nothing is registered yet\n' }
          : await identityAnswer(path, identity, () => this.#health(this.#closing.signal));
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
      response.end(body);
    } catch {
      // The sidecar is closing: the check finds a broken connection, as it would a moment later.
      response.destroy();
    }
  }
}
