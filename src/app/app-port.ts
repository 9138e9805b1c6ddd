import { once } from 'node:events';
import { createServer, type Server } from 'node:http';

/** The port on which the app listens. */
export interface AppPort {
  readonly number: number;
  /**
   * Leaves the port to the app. To be called once nothing of the sidecar's will listen at a port that the system
   * chooses, and before anybody looks for the app there.
   */
  release(): Promise<void>;
}

/** A port on which the app listens whatever the sidecar does; 0 where there is no app. */
export function givenPort(number: number): AppPort {
  return { number, release: async () => undefined };
}

/**
 * A free TCP port on loopback for an app that is about to be started. It is kept until then: of the ports that the
 * sidecar opens meanwhile and that the system chooses, one could be the same.
 */
export class HeldPort implements AppPort {
  readonly #server: Server;
  readonly number: number;

  private constructor(server: Server, number: number) {
    this.#server = server;
    this.number = number;
  }

  /** @throws Error from the system when it has none left */
  static async hold(): Promise<HeldPort> {
    const server = createServer().listen(0, '127.0.0.1');
    server.on('connection', (socket) => socket.destroy());
    await once(server, 'listening');
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the system gave no port');
    return new HeldPort(server, address.port);
  }

  async release(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }
}
