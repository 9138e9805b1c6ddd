import { connect, type Socket } from 'node:net';

/** An answer as it came over the wire, its body without the chunk marks. */
export interface RawAnswer {
  readonly status: number;
  /** Names in lower case, repeated ones kept, in order. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** One connection to a contestant, one request at a time, with no HTTP library that could hide what it does. */
export class RawConnection {
  readonly #socket: Socket;
  #bytes: Buffer = Buffer.alloc(0);
  #wake: (() => void) | undefined;
  #ended = false;

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#wake?.();
    });
    const end = (): void => {
      this.#ended = true;
      this.#wake?.();
    };
    this.#socket.on('close', end);
    this.#socket.on('error', end);
    this.#socket.setTimeout(5000, () => this.#socket.destroy());
  }

  /** Sends the bytes of a request and reads one answer. @throws Error when the connection ends or is silent for 5 s */
  async exchange(request: string | Buffer, { bodiless = false }: { bodiless?: boolean } = {}): Promise<RawAnswer> {
    this.#socket.write(request);
    const head = (await this.#until('\r\n\r\n')).toString('latin1');
    const [statusLine = '', ...lines] = head.split('\r\n').slice(0, -2);
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1]);
    const fields = lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    });
    if (status === 100) return this.exchange('', { bodiless });
    const none = bodiless || status === 204 || status === 101;
    return { status, fields, body: none ? Buffer.alloc(0) : await this.#body(new Map(fields)) };
  }

  /** The next bytes, whatever they mean; for what follows an upgrade. */
  take(count: number): Promise<Buffer> {
    return this.#take(count);
  }

  send(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  close(): void {
    this.#socket.destroy();
  }

  async #body(fields: ReadonlyMap<string, string>): Promise<Buffer> {
    if (!/chunked/i.test(fields.get('transfer-encoding') ?? '')) {
      return this.#take(Number(fields.get('content-length') ?? 0));
    }
    const parts: Buffer[] = [];
    for (;;) {
      const size = Number.parseInt((await this.#until('\r\n')).toString('latin1'), 16);
      if (Number.isNaN(size)) throw new Error('a chunk has no size');
      if (size === 0) break;
      parts.push(await this.#take(size));
      await this.#take(2);
    }
    await this.#until('\r\n');
    return Buffer.concat(parts);
  }

  async #until(mark: string): Promise<Buffer> {
    let at = this.#bytes.indexOf(mark);
    while (at === -1) {
      await this.#more();
      at = this.#bytes.indexOf(mark);
    }
    return this.#take(at + mark.length);
  }

  async #take(count: number): Promise<Buffer> {
    while (this.#bytes.length < count) await this.#more();
    const taken = this.#bytes.subarray(0, count);
    this.#bytes = this.#bytes.subarray(count);
    return taken;
  }

  #more(): Promise<void> {
    if (this.#ended) throw new Error('the connection ended in the middle of an answer');
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
