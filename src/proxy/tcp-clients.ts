import type { MakeSocket, Peer } from '../http1/listener.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { ProxyCore } from './proxy-core.ts';
import { TcpConnection } from './tcp-connection.ts';

/** All connections to upstreams with `protocol: tcp`. */
export class TcpClients {
  readonly #core: ProxyCore;
  readonly #connections = new Set<TcpConnection>();
  readonly #onLeave: () => void;

  /** @param onLeave called after each connection's end */
  constructor(core: ProxyCore, onLeave: () => void) {
    this.#core = core;
    this.#onLeave = onLeave;
  }

  /** Open connections. */
  get size(): number {
    return this.#connections.size;
  }

  /** Goes on with an accepted connection. */
  take(make: MakeSocket, { remoteAddress }: Peer, upstream: Upstream): void {
    const connection: TcpConnection = new TcpConnection({
      core: this.#core,
      upstream,
      make,
      remoteAddress,
      onClose: () => {
        this.#connections.delete(connection);
        this.#onLeave();
      },
    });
    this.#connections.add(connection);
  }

  /** Breaks all off. */
  abort(): void {
    for (const connection of this.#connections) connection.abort();
  }
}
