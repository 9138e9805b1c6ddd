import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { RealConsul } from './real-consul.ts';
import { until } from './until.ts';

/** The host of the second agent, as Marathon names it. */
export const SECOND_HOST = '127.0.0.2';

/**
 * Two real Consul agents: a server at 127.0.0.1 and a client agent whose HTTP API is at the same port of 127.0.0.2, as
 * on two hosts. The second can be out of reach while it lives on.
 */
export class TwoAgents implements AsyncDisposable {
  readonly first: RealConsul;
  readonly second: RealConsul;
  readonly #sockets = new Set<Socket>();
  #relay: Server | undefined;

  private constructor(first: RealConsul, second: RealConsul) {
    this.first = first;
    this.second = second;
  }

  static async start(): Promise<TwoAgents> {
    const first = await RealConsul.start();
    const members = (await (await fetch(`${first.address}/v1/agent/members`)).json()) as { Port: number }[];
    const second = await RealConsul.start({
      persistent: true,
      config: {
        ...{ server: false, bootstrap_expect: undefined, node_name: 'node-2', bind_addr: SECOND_HOST },
        retry_join: [`127.0.0.1:${members[0]?.Port}`],
      },
    });
    const agents = new TwoAgents(first, second);
    await agents.reach();
    return agents;
  }

  /** The second agent is in reach. */
  async reach(): Promise<void> {
    const relay = createServer((socket) => {
      const onward = connect(this.second.port, '127.0.0.1');
      for (const [from, to] of [[socket, onward] as const, [onward, socket] as const]) {
        this.#sockets.add(from);
        from.pipe(to);
        from.on('error', () => to.destroy());
        from.on('close', () => this.#sockets.delete(from));
      }
    });
    this.#relay = relay;
    await new Promise<void>((resolve, reject) => {
      relay.once('error', reject);
      relay.listen(this.first.port, SECOND_HOST, resolve);
    });
    if ((relay.address() as AddressInfo).port !== this.first.port) throw new Error('another port');
    await until('two nodes', async () => {
      const nodes = (await (await fetch(`${this.first.address}/v1/catalog/nodes`)).json()) as unknown[];
      return nodes.length === 2;
    });
  }

  /** The second agent refuses connections. */
  async cutOff(): Promise<void> {
    const relay = this.#relay;
    this.#relay = undefined;
    const closed = new Promise<void>((resolve) => (relay === undefined ? resolve() : relay.close(() => resolve())));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cutOff();
    await this.second[Symbol.asyncDispose]();
    await this.first[Symbol.asyncDispose]();
  }
}
