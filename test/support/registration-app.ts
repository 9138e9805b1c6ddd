import { createServer, type Server } from 'node:http';

/** An app beside the sidecar, on a port of its own: answers `/health` with whatever status it is told to. */
export class FakeApp implements AsyncDisposable {
  status = 200;
  readonly paths: string[] = [];
  readonly #server: Server;
  #port = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<FakeApp> {
    const server = createServer((request, response) => {
      app.paths.push(request.url ?? '');
      response.writeHead(app.status, { 'content-length': 0 }).end();
    });
    const app = new FakeApp(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return app;
  }

  /** Its port; known also when it has ended. */
  get port(): number {
    const address = this.#server.address();
    if (typeof address === 'object' && address !== null) this.#port = address.port;
    return this.#port;
  }

  /** Ends; its port then refuses. Safe to call again. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    this.#port = this.port;
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
