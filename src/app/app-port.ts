import { once } from 'node:events';
import { createServer } from 'node:http';

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
 * A free TCP port on loopback for an app that is about to be started. It is kept until it is released: of the ports that
 * the sidecar opens meanwhile and that the system chooses, one could be the same.
 * @throws Error from the system when it has none left
 */
export async function heldPort(): Promise<AppPort> {
  const server = createServer().listen(0, '127.0.0.1');
  server.on('connection', (socket) => socket.destroy());
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the system gave no port');
  return {
    number: address.port,
    release: async () => {
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
}
