import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';

/** What a {@link RegistryRelay} makes of the answers about the health of services; everything else always passes. */
export type RegistryFault =
  | { readonly kind: 'pass' }
  /** Answers this instead. A query that already has `index` waits, as Consul's would. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body: string;
      readonly index?: number | undefined;
      /** Ends by itself so long after the first such answer, to the millisecond. */
      readonly forMs?: number | undefined;
    }
  /** The true answer with another index. */
  | { readonly kind: 'index'; readonly index: string }
  /** The first half of the true answer, then a reset. */
  | { readonly kind: 'cut' }
  /** Nothing comes back. */
  | { readonly kind: 'hang' };

const HEALTH = /^\/v1\/health\/service\//;

/** An HTTP relay in front of a registry that gives wrong answers when told to. */
export class RegistryRelay implements AsyncDisposable {
  readonly #server: Server;
  readonly #target: URL;
  #fault: RegistryFault = { kind: 'pass' };
  #faultySinceMs: number | undefined;
  /** Health queries that wait for an answer. */
  readonly #waiting = new Set<() => void>();
  /** Health queries so far. */
  queries = 0;
  /** Health queries that the client gave up. */
  abandoned = 0;

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((incoming, outgoing) => this.#take(incoming, outgoing));
    // A poll may wait for minutes.
    this.#server.requestTimeout = 0;
  }

  static async start(target: string): Promise<RegistryRelay> {
    const relay = new RegistryRelay(target);
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  get address(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  /** Health queries that wait now. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Goes wrong in another way from now on; queries that wait are answered anew at once. */
  set(fault: RegistryFault): void {
    this.#fault = fault;
    this.#faultySinceMs = undefined;
    for (const again of [...this.#waiting]) again();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #take(incoming: IncomingMessage, outgoing: ServerResponse): void {
    if (!HEALTH.test(incoming.url ?? '')) {
      this.#forward(incoming, outgoing, { kind: 'pass' });
      return;
    }
    this.queries += 1;
    let stop = (): void => undefined;
    let isFirst = true;
    const act = (): void => {
      stop();
      stop = this.#answer(incoming, outgoing, isFirst);
      isFirst = false;
    };
    this.#waiting.add(act);
    outgoing.once('close', () => {
      this.#waiting.delete(act);
      if (!outgoing.writableFinished) {
        this.abandoned += 1;
        stop();
      }
    });
    act();
  }

  /** Acts as the present fault says. Returns what calls that off. */
  #answer(incoming: IncomingMessage, outgoing: ServerResponse, isFirst: boolean): () => void {
    const fault = this.#fault;
    if (fault.kind === 'hang') return () => undefined;
    if (fault.kind !== 'answer') return this.#forward(incoming, outgoing, fault, isFirst);
    const { status, body, index, forMs } = fault;
    this.#faultySinceMs ??= performance.now();
    if (forMs !== undefined && performance.now() - this.#faultySinceMs >= forMs) {
      return this.#forward(incoming, outgoing, { kind: 'pass' }, isFirst);
    }
    const asked = new URL(incoming.url ?? '', 'http://registry').searchParams.get('index');
    if (index !== undefined && asked === String(index)) return () => undefined;
    const fields = index === undefined ? {} : { 'X-Consul-Index': String(index) };
    outgoing.writeHead(status, { 'Content-Type': 'application/json', ...fields }).end(body);
    return () => undefined;
  }

  /** Asks the registry; when asked anew, without the index, so that it answers at once. */
  #forward(incoming: IncomingMessage, outgoing: ServerResponse, fault: RegistryFault, isFirst = true): () => void {
    const path = incoming.url ?? '/';
    const { hostname, port } = this.#target;
    const asked = request(
      {
        hostname,
        port,
        method: incoming.method,
        path: isFirst ? path : path.replace(/([?&])index=\d+/, '$1index=0'),
        headers: { ...incoming.headers, host: `${hostname}:${port}` },
        agent: false,
      },
      (answer) => void passOn(answer, outgoing, fault),
    );
    asked.on('error', () => outgoing.destroy());
    incoming.pipe(asked);
    return () => {
      asked.removeAllListeners('error');
      asked.on('error', () => undefined);
      asked.destroy();
    };
  }
}

async function passOn(answer: IncomingMessage, outgoing: ServerResponse, fault: RegistryFault): Promise<void> {
  const headers: IncomingHttpHeaders = { ...answer.headers };
  if (fault.kind === 'index') headers['x-consul-index'] = fault.index;
  if (fault.kind !== 'cut') {
    outgoing.writeHead(answer.statusCode ?? 502, headers);
    answer.on('error', () => outgoing.destroy());
    answer.pipe(outgoing);
    return;
  }
  const parts: Buffer[] = [];
  for await (const chunk of answer) parts.push(chunk as Buffer);
  const body = Buffer.concat(parts);
  outgoing.writeHead(200, { ...headers, 'content-length': String(body.length) });
  outgoing.write(body.subarray(0, body.length / 2), () => outgoing.socket?.resetAndDestroy());
}
