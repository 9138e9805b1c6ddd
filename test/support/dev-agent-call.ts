import { Agent, request } from 'node:http';

/** One request of a scripted client, with `{name}` in path and body standing for what an earlier call gave. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: string | Buffer;
}

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** Sends requests exactly as written (no path is cleaned up) over kept connections. */
export class RawClient implements Disposable {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 100 });
  readonly #base: URL;

  constructor(address: string) {
    this.#base = new URL(address);
  }

  /** Sends one request and reads the whole answer. */
  send(call: Call, signal?: AbortSignal): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      const outgoing = request({
        agent: this.#agent,
        host: this.#base.hostname,
        port: this.#base.port,
        method: call.method,
        path: call.path,
        headers: call.body === undefined ? {} : { 'Content-Length': Buffer.byteLength(call.body) },
        ...(signal === undefined ? {} : { signal }),
      });
      outgoing.once('error', reject);
      outgoing.once('response', (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => void chunks.push(chunk));
        incoming.once('error', reject);
        incoming.once('end', () => {
          const headers = Object.entries(incoming.headers).map(([name, value]): [string, string] => [
            name,
            String(value),
          ]);
          resolve({ status: incoming.statusCode ?? 0, headers: new Map(headers), body: Buffer.concat(chunks) });
        });
      });
      outgoing.end(call.body);
    });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}
