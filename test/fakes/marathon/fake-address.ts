import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

/** One Marathon process's port on loopback. It keeps its number while it is down. */
export class FakeAddress implements AsyncDisposable {
  #server: Server | undefined;
  #port = 0;
  readonly #handle: (request: IncomingMessage, response: ServerResponse) => void;
  readonly #tls: ServerOptions | undefined;

  /** `handle` gets every request. */
  constructor(handle: (request: IncomingMessage, response: ServerResponse) => void, tls: ServerOptions | undefined) {
    this.#handle = handle;
    this.#tls = tls;
  }

  get up(): boolean {
    return this.#server !== undefined;
  }

  /** `http://127.0.0.1:port`, or https. */
  get url(): string {
    return `${this.#tls === undefined ? 'http' : 'https'}://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = this.#tls === undefined ? createServer(this.#handle) : createTlsServer(this.#tls, this.#handle);
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Breaks every connection and refuses new ones. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
