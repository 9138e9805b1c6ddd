import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Random, seededRandom } from '../../src/runtime/random.ts';
import { freePorts } from './free-port.ts';

/** Three addresses: one answers well, one fails in several ways, at one nobody listens. Counts what reaches them. */
export class FaultyOrigins implements AsyncDisposable {
  readonly addresses: readonly string[];
  /** Requests that came, whatever was made of them. */
  received = 0;
  readonly #servers: readonly Server[];

  private constructor(servers: readonly Server[], deadPort: number) {
    this.#servers = servers;
    const ports = servers.map((server) => (server.address() as AddressInfo).port);
    this.addresses = [...ports, deadPort].map((port) => `127.0.0.1:${port}`);
  }

  static async start(seed: number): Promise<FaultyOrigins> {
    const random = seededRandom(seed);
    const count = () => {
      origins.received += 1;
    };
    const servers = [server(random, 0, count), server(random, 0.3, count)];
    for (const each of servers) each.listen(0, '127.0.0.1');
    await Promise.all(servers.map((each) => once(each, 'listening')));
    const [deadPort = 0] = await freePorts(1);
    const origins: FaultyOrigins = new FaultyOrigins(servers, deadPort);
    return origins;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of this.#servers) each.closeAllConnections();
    await Promise.all(this.#servers.map((each) => new Promise((resolve) => each.close(resolve))));
  }
}

function server(random: Random, faults: number, onRequest: () => void): Server {
  const made = createServer((request, response) => {
    onRequest();
    request.resume();
    const chance = random();
    if (chance >= faults) {
      response.statusCode = chance > 0.95 ? 404 : 200;
      response.end('done');
    } else if (chance < faults / 3) request.socket.resetAndDestroy();
    else {
      response.statusCode = chance < (2 * faults) / 3 ? 503 : 500;
      response.end('not now');
    }
  });
  // Never closes what is idle: then no request is lost that did not come.
  made.keepAliveTimeout = 0;
  return made;
}
