import { ask, h2Client } from '../support/h2-client.ts';
import { type H2Origin, startH2Origin } from '../support/h2-origin.ts';
import { RecordingOrigin } from '../support/recording-origin.ts';
import { startTestProxy, type TestProxy } from '../support/test-proxy.ts';
import { must } from './must.ts';

/** The head of a request as an origin saw it. */
export interface SeenHead {
  readonly id: string;
  /** All of its fields. */
  readonly text: string;
}

/** A request as an origin saw it. */
export interface SeenRequest {
  readonly id: string;
  readonly body: string;
}

/** A proxy with an instance that speaks HTTP/1.1 (`one`) and one that speaks HTTP/2 (`two`); both answer `ID:BODY`. */
export class H2Stage implements AsyncDisposable {
  readonly proxy: TestProxy;
  /** Heads that have come. */
  heads: SeenHead[] = [];
  /** Requests that were whole. */
  whole: SeenRequest[] = [];
  readonly #one: RecordingOrigin;
  readonly #two: H2Origin;

  private constructor(proxy: TestProxy, one: RecordingOrigin, two: H2Origin) {
    this.proxy = proxy;
    this.#one = one;
    this.#two = two;
    two.handle = (stream, headers) => {
      const id = String(headers['x-id']);
      this.heads.push({ id, text: JSON.stringify(headers) });
      const parts: Buffer[] = [];
      stream.on('data', (piece: Buffer) => parts.push(piece));
      stream.on('end', () => {
        if (stream.aborted || stream.destroyed) return;
        const body = Buffer.concat(parts).toString('latin1');
        this.whole.push({ id, body });
        stream.respond({ ':status': 200 });
        stream.end(`${id}:${body}`, 'latin1');
      });
    };
  }

  static async start(): Promise<H2Stage> {
    const [one, two] = [await RecordingOrigin.start(), await startH2Origin()];
    const timeouts = { connectMs: 1000, firstByteMs: 3000, idleMs: 3000, totalMs: 0 };
    const proxy = await startTestProxy({
      upstreams: { one: [one.address], two: [two.address] },
      upstreamSettings: { one: { timeouts }, two: { timeouts, protocol: 'http2' } },
    });
    const stage = new H2Stage(proxy, one, two);
    await stage.forget();
    return stage;
  }

  /** Why anything that the origins got was not well-formed. */
  get malformed(): string | undefined {
    return this.#one.malformed[0];
  }

  /** Begins anew. */
  async forget(): Promise<void> {
    await this.#one.forget({
      onHead: (_connection, head) => {
        const text = head.toString('latin1');
        this.heads.push({ id: /^x-id: (.*)$/im.exec(text)?.[1]?.trim() ?? '', text });
      },
      onRequest: (connection, { head, body }) => {
        const id = head.values('x-id').join();
        const text = body.toString('latin1');
        this.whole.push({ id, body: text });
        const content = `${id}:${text}`;
        connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${content.length}\r\n\r\n${content}`);
      },
    });
    this.heads = [];
    this.whole = [];
  }

  /** A request by an ordinary client is answered, by both. */
  async nextIsClean(): Promise<void> {
    using client = h2Client(this.proxy.port);
    for (const path of ['/one/next', '/two/next']) {
      const fields = { ':path': path, ':method': 'POST', ':authority': 'localhost', 'x-id': 'next' };
      const { status, body } = await ask(client, fields, Buffer.from('body'));
      must(status === 200 && body.toString() === 'next:body', `the next request to ${path} got ${status} ${body}`);
    }
    must(this.whole.length === 2, `after two clean requests the origins have ${JSON.stringify(this.whole)}`);
  }

  /** Nothing is under way any more. */
  get isIdle(): boolean {
    return ['one', 'two'].every((name) => this.proxy.upstreams.get(name)?.inFlight === 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy.close();
    await this.#one[Symbol.asyncDispose]();
    await this.#two[Symbol.asyncDispose]();
  }
}
