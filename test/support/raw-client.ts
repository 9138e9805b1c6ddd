import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { type RawAnswer, readAnswer } from './raw-answer.ts';
import { type RawBytes, toBytes } from './raw-bytes.ts';
import { Changes } from './raw-wait.ts';

/** How bytes are put on the wire: in one write, in two, or each alone. */
export type Pace = 'whole' | 'byte by byte' | { readonly splitAt: number };

/** The paces that core cases are run at. */
export const PACES: readonly Pace[] = ['whole', 'byte by byte'];

/** How the other side ended the connection. */
export type Closing = 'open' | 'ended' | 'reset';

/** Where to connect to. */
export type RawAddress = { readonly port: number; readonly host?: string } | { readonly path: string };

/**
 * A client that sends exactly the bytes it is given and takes answers apart by itself, so that nothing between a test
 * and the wire repairs or hides anything.
 */
export class RawClient implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #changes = new Changes();
  #received: Buffer[] = [];
  #closing: Closing = 'open';

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.#received.push(chunk);
      this.#changes.changed();
    });
    socket.once('end', () => this.#closed('ended'));
    socket.once('error', () => this.#closed('reset'));
    socket.once('close', (failed) => this.#closed(failed ? 'reset' : 'ended'));
  }

  /** Connects; the own side stays open when the other half-closes. */
  static async connect(to: RawAddress): Promise<RawClient> {
    const socket =
      'path' in to
        ? connect({ path: to.path, allowHalfOpen: true })
        : connect({ port: to.port, host: to.host ?? '127.0.0.1', allowHalfOpen: true });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** What came and was not read yet. */
  get unread(): Buffer {
    if (this.#received.length > 1) this.#received = [Buffer.concat(this.#received)];
    return this.#received[0] ?? Buffer.alloc(0);
  }

  /** How the other side ended; `open` while it did not. */
  get closing(): Closing {
    return this.#closing;
  }

  /** Bytes that were written and that the kernel did not take yet. */
  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  /** Sends bytes. Stops early, without an error, when the other side is gone: what it answered is what counts. */
  async write(raw: RawBytes, pace: Pace = 'whole'): Promise<void> {
    const bytes = toBytes(raw);
    const step = pace === 'byte by byte' ? 1 : pace === 'whole' ? bytes.length : pace.splitAt;
    const second = pace === 'byte by byte' ? 1 : bytes.length;
    for (let at = 0, size = step; at < bytes.length; at += size, size = second) {
      if (this.#socket.destroyed || this.#closing === 'reset') return;
      this.#socket.write(bytes.subarray(at, at + size));
      if (pace !== 'whole') await turn();
    }
  }

  /** Sends one request and reads its final answer. */
  async ask(raw: RawBytes, pace: Pace = 'whole'): Promise<RawAnswer> {
    await this.write(raw, pace);
    return this.readFinal(toBytes(raw).toString('latin1').split(' ', 1)[0] ?? 'GET');
  }

  /** Half-closes: no more bytes will come from this side. */
  finish(): void {
    this.#socket.end();
  }

  /** Drops the connection with a reset. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** Closes the connection in the ordinary way, without reading on. */
  close(): void {
    this.#socket.destroy();
  }

  /** Reads no more, so that the kernel's buffers fill. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** The next answer, an interim one too, to a request with `method`. */
  async read(method = 'GET', limitMs?: number): Promise<RawAnswer> {
    const answer = await this.#changes.until(
      () => {
        const read = readAnswer(this.unread, { method, ended: this.#closing !== 'open' });
        if (read === undefined && this.#closing !== 'open') {
          throw new Error(`${this.#closing} within an answer: ${preview(this.unread)}`);
        }
        return read;
      },
      () => `an answer, after ${preview(this.unread)}`,
      limitMs,
    );
    this.#received = [this.unread.subarray(answer.size)];
    return answer;
  }

  /** The next answer that is not an interim one. */
  async readFinal(method = 'GET', limitMs?: number): Promise<RawAnswer> {
    for (;;) {
      const answer = await this.read(method, limitMs);
      if (answer.status >= 200 || answer.status === 101) return answer;
    }
  }

  /** The next head, without what follows it. */
  async readHead(): Promise<string> {
    await this.sees('\r\n\r\n');
    const end = this.unread.indexOf('\r\n\r\n') + 4;
    const head = this.unread.toString('latin1', 0, end);
    this.#received = [this.unread.subarray(end)];
    return head;
  }

  /** The next `size` bytes, whatever they are. */
  async readBytes(size: number, limitMs?: number): Promise<Buffer> {
    await this.#changes.until(
      () => {
        if (this.#unreadBytes() >= size) return true;
        if (this.#closing !== 'open') throw new Error(`${this.#closing} after ${preview(this.unread)}`);
        return false;
      },
      () => `${size} bytes, after ${this.#unreadBytes()}`,
      limitMs,
    );
    const bytes = this.unread.subarray(0, size);
    this.#received = [this.unread.subarray(size)];
    return bytes;
  }

  /** Waits until `text` is among the unread bytes; reads nothing. */
  async sees(text: string, limitMs?: number): Promise<void> {
    await this.#changes.until(
      () => this.unread.includes(text, 0, 'latin1'),
      () => `${JSON.stringify(text)} in ${preview(this.unread)}`,
      limitMs,
    );
  }

  /** Waits until the other side has ended the connection; says how. */
  async whenClosed(limitMs?: number): Promise<Exclude<Closing, 'open'>> {
    return this.#changes.until(
      () => (this.#closing === 'open' ? undefined : this.#closing),
      () => `the connection to be closed, after ${preview(this.unread)}`,
      limitMs,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#socket.closed) return;
    const closed = once(this.#socket, 'close');
    this.#socket.destroy();
    await closed;
  }

  #unreadBytes(): number {
    return this.#received.reduce((sum, { length }) => sum + length, 0);
  }

  #closed(how: Exclude<Closing, 'open'>): void {
    if (this.#closing === 'open') this.#closing = how;
    this.#changes.changed();
  }
}

function preview(bytes: Buffer): string {
  return `${bytes.length} bytes ${JSON.stringify(bytes.toString('latin1', 0, 600))}`;
}
