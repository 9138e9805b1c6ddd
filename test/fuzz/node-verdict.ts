import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RawClient } from '../support/raw-client.ts';

/** A request as one of the two parsers understood it. */
export interface Understood {
  readonly method: string;
  readonly target: string;
  readonly body: string;
  /** Fields whose names begin with X-, as `name: value`, in order. */
  readonly fields: readonly string[];
}

/** What became of some bytes: the requests that were found, and whether the rest was refused. */
export interface Verdict {
  readonly requests: readonly Understood[];
  readonly refused: boolean;
}

/** Node's own HTTP server in its strict mode, asked what it makes of bytes. */
export class NodeParser implements AsyncDisposable {
  readonly #server: Server;
  #seen: Understood[] = [];
  #refused = false;

  private constructor() {
    // Host is not the parser's matter in Node: without this it would answer 400 and go on reading.
    const options = { insecureHTTPParser: false, requireHostHeader: false, keepAliveTimeout: 0 };
    this.#server = createServer(options, (request, response) => {
      let body = '';
      request.setEncoding('latin1');
      request.on('data', (chunk: string) => {
        body += chunk;
      });
      request.on('end', () => {
        const { method = '', url = '', rawHeaders } = request;
        this.#seen.push({ method, target: url, body, fields: markedFields(rawHeaders) });
        response.end();
      });
    });
    Object.assign(this.#server, { httpAllowHalfOpen: true });
    this.#server.on('clientError', (_, socket) => {
      this.#refused = true;
      socket.destroy();
    });
    this.#server.on('connect', (_, socket) => {
      this.#refused = true;
      socket.destroy();
    });
  }

  static async start(): Promise<NodeParser> {
    const parser = new NodeParser();
    parser.#server.listen(0, '127.0.0.1');
    await once(parser.#server, 'listening');
    return parser;
  }

  /**
   * Sends `bytes` on a connection of their own, ends it, and says what was found. Undefined where Node comes to no end,
   * as with a request that asks for an upgrade, has chunks and closes.
   */
  async judge(bytes: Buffer): Promise<Verdict | undefined> {
    this.#seen = [];
    this.#refused = false;
    const { port } = this.#server.address() as AddressInfo;
    await using client = await RawClient.connect({ port });
    await client.write(bytes);
    client.finish();
    const isOver = await client.whenClosed(500).catch(() => undefined);
    if (isOver === undefined) return undefined;
    return { requests: this.#seen, refused: this.#refused };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

function markedFields(rawHeaders: readonly string[]): string[] {
  const fields: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    if (/^x-/i.test(name)) fields.push(`${name}: ${rawHeaders[at + 1]}`);
  }
  return fields;
}
