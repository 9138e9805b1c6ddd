import { createServer, type Server, type Socket } from 'node:net';
import { type ListenAddress, listenAt, releasePath } from './listener.ts';

/** A connection that nobody has read from, as Node hands it between processes; close it once another process has it. */
export interface RawConnection {
  close(): void;
}

/** What an {@link Acceptor} needs. */
export interface AcceptorOptions {
  readonly address: ListenAddress;
  readonly onConnection: (connection: RawConnection) => void;
  /** The server failed after it was listening (for example: too many open files). */
  readonly onError: (error: Error) => void;
}

/** Accepts connections for other processes to serve; reads nothing from them. */
export class Acceptor {
  readonly #server: Server;
  /** Where it listens, with the real port. */
  readonly address: ListenAddress;

  private constructor(server: Server, address: ListenAddress) {
    this.#server = server;
    this.address = address;
  }

  /** Listens. @throws the system's error (EADDRINUSE, EACCES …) */
  static async open({ address, onConnection, onError }: AcceptorOptions): Promise<Acceptor> {
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, (socket) => {
      const connection = detach(socket);
      if (connection !== undefined) onConnection(connection);
    });
    const bound = await listenAt(server, address);
    server.on('error', onError);
    return new Acceptor(server, bound);
  }

  /** Accepts nothing more. */
  async close(): Promise<void> {
    this.#server.close();
    await releasePath(this.address);
  }
}

/** Takes the handle out of a socket, which is then empty and off the server's count. */
function detach(socket: Socket): RawConnection | undefined {
  const inner = socket as Socket & { _handle?: RawConnection | null };
  const handle = inner._handle ?? undefined;
  inner._handle = null;
  socket.destroy();
  return handle;
}
