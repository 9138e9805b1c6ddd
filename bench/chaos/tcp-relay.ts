import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a {@link TcpRelay} does with connections. */
export type RelayMode =
  /** Passes everything on. */
  | 'pass'
  /** Passes bytes on later. */
  | { readonly delayMs: number }
  /** Accepts, then resets at the first byte. */
  | 'reset'
  /** Accepts and reads, and nothing ever comes back. */
  | 'drop';

/** A TCP relay in front of a port, that can be told to misbehave. */
export class TcpRelay implements AsyncDisposable {
  mode: RelayMode = 'pass';
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  /** Connections that were accepted so far. */
  accepted = 0;

  private constructor(target: number) {
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket, target));
  }

  static async start(target: number): Promise<TcpRelay> {
    const relay = new TcpRelay(target);
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Resets every connection that is open now, whatever it is doing. */
  resetAll(): void {
    for (const socket of this.#open) socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
    await closed;
  }

  #accept(near: Socket, target: number): void {
    this.accepted += 1;
    const far = connect({ port: target, host: '127.0.0.1', noDelay: true });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#open.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#open.delete(from);
        to.destroy();
      });
      from.on('end', () => to.end());
      from.on('data', (chunk: Buffer) => void this.#pass(chunk, to, near));
    }
  }

  async #pass(chunk: Buffer, to: Socket, near: Socket): Promise<void> {
    if (this.mode === 'drop') return;
    if (this.mode === 'reset') {
      near.resetAndDestroy();
      return;
    }
    if (typeof this.mode === 'object') await sleep(this.mode.delayMs);
    if (to.writable) to.write(chunk);
  }
}
