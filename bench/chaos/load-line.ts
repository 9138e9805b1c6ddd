import { connect, type Socket } from 'node:net';

/** How one request went. */
export interface Answer {
  /** Undefined: the connection ended without a whole answer. */
  readonly status: number | undefined;
  /** Who answered, as the app said. */
  readonly instance: string | undefined;
  /** The answer's head, or what came of it. */
  readonly head: string;
}

const HEAD_END = '\r\n\r\n';

/** One kept connection of the load, with at most one request on it; it does not reconnect. */
export class LoadLine {
  readonly #socket: Socket;
  readonly #onFree: (line: LoadLine) => void;
  #done: ((answer: Answer) => void) | undefined;
  #head = '';
  /** Since when it waits for its next request. */
  freeSinceMs = 0;
  /** Bytes of the body still to come; undefined while the head is not whole. */
  #left: number | undefined;

  /** @param onFree called when the connection can take the next request */
  constructor(port: number, onFree: (line: LoadLine) => void) {
    this.#onFree = onFree;
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#socket.on('error', () => this.#socket.destroy());
    this.#socket.on('end', () => this.#socket.destroy());
    this.#socket.on('close', () => this.#finish(undefined));
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed && this.#socket.writable;
  }

  ask(request: string, done: (answer: Answer) => void): void {
    this.#done = done;
    this.#head = '';
    this.#left = undefined;
    this.#socket.write(request, 'latin1');
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    if (this.#left === undefined) {
      this.#head += chunk.toString('latin1');
      const end = this.#head.indexOf(HEAD_END);
      if (end === -1) return;
      const bodyBytes = this.#head.length - end - HEAD_END.length;
      this.#head = this.#head.slice(0, end);
      this.#left = Number(field(this.#head, 'content-length') ?? 0) - bodyBytes;
    } else {
      this.#left -= chunk.length;
    }
    if (this.#left <= 0) this.#finish(Number(this.#head.slice(9, 12)));
  }

  #finish(status: number | undefined): void {
    const done = this.#done;
    this.#done = undefined;
    done?.({ status, instance: field(this.#head, 'x-instance'), head: this.#head });
    if (status === undefined) return;
    if (field(this.#head, 'connection')?.toLowerCase() === 'close') this.#socket.destroy();
    else {
      this.freeSinceMs = performance.now();
      this.#onFree(this);
    }
  }
}

/** The value of a field of a head; undefined if it is not there. */
function field(head: string, name: string): string | undefined {
  return new RegExp(`\\r\\n${name}: *([^\\r]*)`, 'i').exec(head)?.[1];
}
