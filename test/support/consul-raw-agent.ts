import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

/** How a {@link RawAgent} listens. */
export interface RawAgentOptions {
  readonly socketPath?: string;
  readonly tls?: ServerOptions;
}

/** An HTTP server in the agent's place that answers however a test wants, down to the socket. */
export class RawAgent implements AsyncDisposable {
  readonly requests: IncomingMessage[] = [];
  readonly #server: Server;
  readonly #options: RawAgentOptions;

  private constructor(options: RawAgentOptions, answer: (request: IncomingMessage, response: ServerResponse) => void) {
    const listener: RequestListener = (request, response) => {
      this.requests.push(request);
      answer(request, response);
    };
    this.#options = options;
    this.#server = options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener);
  }

  static async start(
    answer: (request: IncomingMessage, response: ServerResponse) => void,
    options: RawAgentOptions = {},
  ): Promise<RawAgent> {
    const agent = new RawAgent(options, answer);
    if (options.socketPath === undefined) agent.#server.listen(0, '127.0.0.1');
    else agent.#server.listen(options.socketPath);
    await once(agent.#server, 'listening');
    return agent;
  }

  get address(): string {
    if (this.#options.socketPath !== undefined) return `unix://${this.#options.socketPath}`;
    const { port } = this.#server.address() as AddressInfo;
    return `${this.#options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  }

  async connections(): Promise<number> {
    return new Promise((resolve, reject) =>
      this.#server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
    );
  }

  /** Ends every connection, as an agent that is killed does. */
  dropConnections(): void {
    this.#server.closeAllConnections();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
