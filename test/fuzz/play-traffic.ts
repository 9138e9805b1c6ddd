import { setImmediate as turn } from 'node:timers/promises';
import { RawClient } from '../support/raw-client.ts';
import type { RawRequest } from '../support/raw-request.ts';
import type { OriginConnection, RecordingOrigin } from '../support/recording-origin.ts';
import { type Fuzz, must } from './must.ts';
import { ProxyStage } from './proxy-stage.ts';
import { isOwn, readAnswers } from './proxy-verdict.ts';
import { type PlannedAnswer, type TrafficCase, trafficCase } from './traffic-case.ts';

/** Plays conversations of mutated traffic through a proxy and judges each. */
export class TrafficFuzz implements Fuzz {
  readonly #stage: ProxyStage;
  #planned = 0;

  private constructor(stage: ProxyStage) {
    this.#stage = stage;
  }

  static async start(): Promise<TrafficFuzz> {
    return new TrafficFuzz(await ProxyStage.start({ timeouts: { firstByteMs: 1000, idleMs: 1000 } }));
  }

  /**
   * Plays the case of `seed`.
   * @throws if anything that must hold for every case did not
   */
  async play(seed: number): Promise<void> {
    const played = trafficCase(seed);
    await this.#stage.origin.forget(this.#script(played));
    const received = await this.#converse(played);
    this.#judgeOrigin(played);
    this.#judgeClient(played, received);
    await this.#stage.origin.forget();
    await this.#nextIsClean();
  }

  shown(seed: number): string {
    const { bytes, answers } = trafficCase(seed);
    const said = answers.map(({ pieces, then }) => [Buffer.concat(pieces).toString('latin1'), then]);
    return JSON.stringify({ bytes: bytes.toString('latin1'), answers: said });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stage[Symbol.asyncDispose]();
  }

  #script({ answers }: TrafficCase): RecordingOrigin['script'] {
    this.#planned = 0;
    const next = (): PlannedAnswer | undefined => answers[this.#planned++ % answers.length];
    const early = new WeakSet<OriginConnection>();
    return {
      onHead: (connection, head) => {
        if (/^expect:/im.test(head.toString('latin1'))) connection.send('HTTP/1.1 100 Continue\r\n\r\n');
        if (!answers[this.#planned % answers.length]?.early) return;
        early.add(connection);
        void give(connection, next());
      },
      onRequest: (connection) => {
        if (early.delete(connection)) return;
        void give(connection, next());
      },
    };
  }

  /** Sends the case's pieces one by one, ends the own side, and returns all that came back. */
  async #converse({ pieces }: TrafficCase): Promise<Buffer> {
    await using client = await RawClient.connect({ port: this.#stage.proxy.port });
    for (const piece of pieces) {
      await client.write(piece);
      if (pieces.length > 1) await turn();
    }
    client.finish();
    await client.whenClosed(10_000);
    return client.unread;
  }

  #judgeOrigin({ readable, requests, answers, bytes }: TrafficCase): void {
    const [malformed] = this.#stage.origin.malformed;
    must(malformed === undefined, `the origin got what is no request: ${malformed}`);
    // Needs no Host, and is passed on as HTTP/1.1: the strict reader, which knows that only, finds less than there is.
    if (bytes.includes('HTTP/1.0')) return;
    const got = this.#stage.origin.requests;
    const sent = new Map<string, number>();
    // Routed by its path, a request loses the first part of it; by its host, it does not.
    for (const request of readable) {
      const keys = new Set([signature(request, withoutService(request.target)), signature(request, request.target)]);
      for (const key of keys) sent.set(key, (sent.get(key) ?? 0) + 1);
    }
    const seen = new Map<string, number>();
    for (const request of got) {
      const key = signature(request, request.target);
      const times = (seen.get(key) ?? 0) + 1;
      seen.set(key, times);
      // Two attempts, and once more on a fresh connection where the origin closed a reused one just then.
      const mayRepeat = /^(GET|HEAD|PUT|DELETE|OPTIONS|TRACE)$/.test(request.method) ? 3 : 1;
      const allowed = (sent.get(key) ?? 0) * mayRepeat;
      must(times <= allowed, `the origin got ${times} times what may come ${allowed} times: ${key}`);
    }
    if (requests !== undefined && answers.every(({ body }) => body !== undefined)) {
      must(got.length === requests, `the origin got ${got.length} of ${requests} good requests`);
    }
  }

  #judgeClient({ requests, answers, readable, bytes }: TrafficCase, received: Buffer): void {
    const { answers: got, broken } = readAnswers(received);
    const areGood = answers.every(({ body }) => body !== undefined);
    must(broken === undefined || !areGood, `good answers, but the client got ${broken}`);
    const isOld = bytes.includes('HTTP/1.0');
    must(isOld || got.length <= readable.length + 1, `${got.length} answers to ${readable.length} requests`);
    const own = got.filter(isOwn);
    if (!areGood) return;
    const bodies = got.filter((answer) => !isOwn(answer)).map(({ body }) => body.toString('latin1'));
    const expected = bodies.map((_, index) => answers[index % answers.length]?.body);
    must(bodies.join() === expected.join(), `answers mixed up: ${bodies.join()} for ${expected.join()}`);
    if (requests === undefined) return;
    must(own.length === 0, `a good request was refused: ${own[0]?.body}`);
    must(bodies.length === requests, `${bodies.length} answers to ${requests} good requests`);
  }

  async #nextIsClean(): Promise<void> {
    await using client = await RawClient.connect({ port: this.#stage.proxy.port });
    const answer = await client.ask('POST /svc/next HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n');
    must(
      answer.status === 200 && answer.body.toString() === 'ok',
      `the next request got ${answer.status} ${answer.body}`,
    );
    const targets = this.#stage.origin.requests.map(({ target }) => target);
    must(targets.join() === '/next', `the next request arrived as ${targets.join()}`);
  }
}

async function give(connection: OriginConnection, answer: PlannedAnswer | undefined): Promise<void> {
  if (answer === undefined) return;
  for (const piece of answer.pieces) {
    connection.send(piece);
    if (answer.pieces.length > 1) await turn();
  }
  if (answer.then === 'end') connection.end();
  if (answer.then === 'reset') connection.reset();
}

/** What of a request must arrive as it was sent: the rest of the path, the body, and the fields that are nobody else's. */
function signature({ method, head, body }: RawRequest, target: string): string {
  const id = head.values('x-id').join();
  return JSON.stringify([method, target, id, body.toString('latin1')]);
}

function withoutService(target: string): string {
  const rest = target.replace(/^\/svc(?=[/?]|$)/i, '');
  return rest.startsWith('/') ? rest : `/${rest}`;
}
