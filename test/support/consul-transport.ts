import { ConsulClient, type ConsulClientOptions } from '../../src/consul/consul-client.ts';
import type { Transport, WireReply, WireRequest } from '../../src/consul/wire.ts';
import { FakeClock } from './fake-clock.ts';

/** What a scripted agent answers: a reply, an error, or nothing until the request is aborted. */
export type Scripted = WireReply | Error | 'hang';

/** A reply with a JSON body (bytes and text are sent as they are). */
export function reply(status: number, body: unknown = '', headers: Readonly<Record<string, string>> = {}): WireReply {
  const bytes = Buffer.isBuffer(body) || typeof body === 'string' ? body : JSON.stringify(body);
  return { status, headers: new Map(Object.entries(headers)), body: Buffer.from(bytes) };
}

/** A reply with an index. */
export function indexed(index: number | string, body: unknown, status = 200): WireReply {
  return reply(status, body, { 'x-consul-index': String(index) });
}

/** An agent that answers by a function, and remembers what it was asked. */
export class ScriptedTransport implements Transport {
  readonly requests: WireRequest[] = [];
  closed = false;
  losses = 0;
  readonly #answer: (request: WireRequest, number: number) => Scripted;

  /** `answer` is given each request and its number, from 0. */
  constructor(answer: (request: WireRequest, number: number) => Scripted) {
    this.#answer = answer;
  }

  /** The query of each request. */
  get queries(): URLSearchParams[] {
    return this.requests.map((request) => new URLSearchParams(request.query));
  }

  send(request: WireRequest): Promise<WireReply> {
    this.requests.push(request);
    const scripted = this.#answer(request, this.requests.length - 1);
    if (scripted instanceof Error) return Promise.reject(scripted);
    if (scripted !== 'hang') return Promise.resolve(scripted);
    return new Promise((_resolve, reject) => {
      const { signal } = request;
      if (signal?.aborted) reject(signal.reason);
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

/** A client on a scripted agent, with a clock that stands still and no jitter. */
export function scriptedClient(
  answer: (request: WireRequest, number: number) => Scripted,
  options: ConsulClientOptions = {},
): { client: ConsulClient; transport: ScriptedTransport; clock: FakeClock } {
  const transport = new ScriptedTransport(answer);
  const clock = new FakeClock();
  return { client: new ConsulClient({ transport, clock, random: () => 0, ...options }), transport, clock };
}
