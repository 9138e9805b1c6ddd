import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerOptions } from 'node:https';
import type { EventBody } from './event-shapes.ts';
import { FakeAddress } from './fake-address.ts';
import type { FakeAnswer } from './fake-api.ts';
import { type Fault, Faults } from './fault.ts';

/** What a {@link FakeFront} is made of. */
export interface FakeFrontOptions {
  /** How many Marathons there are; the first leads. */
  readonly addresses: number;
  /** The `Authorization` that every request must carry. */
  readonly authorization: string | undefined;
  readonly tls: ServerOptions | undefined;
  /** What is before `/v2`; empty for nothing. */
  readonly prefix: string;
  /** Whether a standby redirects who asks for events, instead of passing them on. */
  readonly redirectsEvents: boolean;
  /** Whether `?event_type=` is honoured. */
  readonly eventFilter: boolean;
  /** Answers what is no event stream. */
  readonly answer: (method: string, url: URL) => FakeAnswer;
  /** Somebody opened an event stream. */
  readonly onStream: () => void;
}

/** The ports of a fake cluster: who leads, who is down, who is let in, what breaks, and the event streams. */
export class FakeFront {
  readonly faults: Faults = new Faults();
  readonly requests: string[] = [];
  readonly authorizations: (string | undefined)[] = [];
  readonly #options: FakeFrontOptions;
  readonly #addresses: readonly FakeAddress[];
  readonly #streams = new Map<ServerResponse, ReadonlySet<string>>();
  #leader: number | undefined = 0;

  constructor(options: FakeFrontOptions) {
    this.#options = options;
    this.#addresses = Array.from({ length: options.addresses }, (_, index) => {
      return new FakeAddress((request, response) => void this.#handle(index, request, response), options.tls);
    });
  }

  get urls(): readonly string[] {
    return this.#addresses.map(({ url }) => `${url}${this.#options.prefix}`);
  }

  get streams(): number {
    return this.#streams.size;
  }

  /** URL of the one that leads and is up. */
  get leader(): string | undefined {
    const leader = this.#leader === undefined ? undefined : this.#addresses[this.#leader];
    return leader?.up === true ? leader.url : undefined;
  }

  /** Sends an event on every stream that wants it. */
  send(event: EventBody): void {
    for (const [stream, types] of this.#streams) {
      if (types.size === 0 || types.has(event.eventType)) stream.write(frame(event));
    }
  }

  sendBytes(bytes: string | Uint8Array): void {
    for (const stream of this.#streams.keys()) stream.write(bytes);
  }

  dropStreams(): void {
    for (const stream of this.#streams.keys()) stream.end();
    this.#streams.clear();
  }

  elect(index: number | undefined): void {
    this.#leader = index;
    this.dropStreams();
  }

  async stop(index: number | undefined): Promise<void> {
    const stopped = this.#addresses.filter((_, at) => index === undefined || at === index);
    await Promise.all(stopped.map((address) => address.stop()));
  }

  async resume(index: number | undefined): Promise<void> {
    const resumed = this.#addresses.filter((_, at) => index === undefined || at === index);
    await Promise.all(resumed.map((address) => address.start()));
  }

  async #handle(index: number, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const line = `${request.method} ${request.url}`;
    this.requests.push(line);
    this.authorizations.push(request.headers.authorization);
    request.resume();
    const fault = this.faults.take(line);
    if (fault?.kind === 'hold') await fault.until;
    else if (fault !== undefined && fault.kind !== 'truncate') return meet(fault, request, response);
    const url = this.#urlOf(request);
    if (url === undefined) return respond(response, 404, '<html><h1>404 Not Found</h1></html>');
    if (!this.#allowed(request)) return respond(response, 401, '<html><h1>401 Unauthorized</h1></html>');
    const { leader } = this;
    if (leader === undefined) return respond(response, 502, 'Could not determine the current leader');
    if (url.pathname === '/v2/events') return this.#stream(index, url, request, response);
    const { status, json } = this.#options.answer(request.method ?? 'GET', url);
    response.setHeader('X-Marathon-Leader', leader);
    const body = JSON.stringify(json);
    if (fault?.kind !== 'truncate') return respond(response, status, body);
    response.writeHead(status, { 'content-length': Buffer.byteLength(body) });
    response.write(body.slice(0, body.length / 2), () => request.socket.destroy());
  }

  /** The URL without the prefix; undefined when it has another. */
  #urlOf(request: IncomingMessage): URL | undefined {
    const { prefix } = this.#options;
    const path = request.url ?? '/';
    return path.startsWith(`${prefix}/`) ? new URL(`http://marathon${path.slice(prefix.length)}`) : undefined;
  }

  #allowed({ headers }: IncomingMessage): boolean {
    const { authorization } = this.#options;
    return authorization === undefined || headers.authorization === authorization;
  }

  #stream(index: number, url: URL, request: IncomingMessage, response: ServerResponse): void {
    const { prefix, redirectsEvents, eventFilter } = this.#options;
    if (index !== this.#leader && redirectsEvents) {
      const location = `${this.leader}${prefix}/v2/events${url.search}`;
      response.writeHead(302, { location }).end();
      return;
    }
    const types = eventFilter ? url.searchParams.getAll('event_type') : [];
    response.writeHead(200, { 'content-type': 'text/event-stream;charset=utf-8', connection: 'close' });
    response.flushHeaders();
    this.#streams.set(response, new Set(types));
    request.socket.on('close', () => this.#streams.delete(response));
    this.#options.onStream();
  }
}

/** As Jetty's `EventSourceServlet` writes it. */
function frame(event: EventBody): string {
  return `event: ${event.eventType}\r\ndata: ${JSON.stringify(event)}\r\n\r\n`;
}

function respond(response: ServerResponse, status: number, body: string): void {
  const type = body.startsWith('<') ? 'text/html' : 'application/json';
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
}

function meet(fault: Fault, request: IncomingMessage, response: ServerResponse): void {
  if (fault.kind === 'reset') request.socket.resetAndDestroy();
  if (fault.kind === 'status') {
    if (fault.location !== undefined) response.setHeader('location', fault.location);
    respond(response, fault.status, fault.body ?? '');
  }
  if (fault.kind === 'body') respond(response, 200, fault.body);
}
