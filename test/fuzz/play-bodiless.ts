import { setImmediate as turn } from 'node:timers/promises';
import { seededRandom } from '../../src/runtime/random.ts';
import { RawClient } from '../support/raw-client.ts';
import { type Fuzz, must } from './must.ts';
import { Dice, pieces } from './mutate.ts';
import { ProxyStage } from './proxy-stage.ts';

/** A request whose answer has no content, and what the origin says to it. */
interface BodilessExchange {
  readonly method: string;
  readonly status: number;
  /** The length that the answer states; undefined: none. */
  readonly length: number | undefined;
  /** In the pieces in which it is sent. */
  readonly answer: readonly Buffer[];
  /** Something follows where nothing may. */
  readonly isStray: boolean;
}

/** Must never reach a caller. */
const STRAY = 'STRAY';

function exchangeOf(dice: Dice): BodilessExchange {
  const [method, status] = dice.of([
    ['HEAD', 200],
    ['HEAD', 404],
    ['HEAD', 204],
    ['HEAD', 304],
    ['GET', 204],
    ['GET', 304],
    ['POST', 204],
    ['PUT', 304],
    ['DELETE', 204],
  ] as const);
  const kind = dice.of(['none', 'length', 'length', 'chunked', 'empty'] as const);
  const length = kind === 'length' ? 1 + dice.below(2000) : kind === 'empty' ? 0 : undefined;
  const isStray = dice.once(3);
  const stray = dice.of([STRAY, `5\r\n${STRAY}\r\n0\r\n\r\n`, `HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n${STRAY}`]);
  const lines = [
    'X-A: b',
    ...(length === undefined ? [] : [`Content-Length: ${length}`]),
    ...(kind === 'chunked' ? ['Transfer-Encoding: chunked'] : []),
    ...(dice.once(4) ? ['Connection: close'] : []),
  ];
  const interim = dice.once(5) ? 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n' : '';
  const text = `${interim}HTTP/1.1 ${status} x\r\n${lines.join('\r\n')}\r\n\r\n${isStray ? stray : ''}`;
  // What follows an answer late is taken for the answer to the next request; nobody can tell.
  const answer = isStray ? [Buffer.from(text)] : pieces(Buffer.from(text), dice);
  return { method, status, length, answer, isStray };
}

function caseOf(seed: number): readonly BodilessExchange[] {
  const dice = new Dice(seededRandom(seed));
  return Array.from({ length: 2 + dice.below(4) }, () => exchangeOf(dice));
}

/** Plays answers that have no content, whatever they say of its length, and whatever follows them. */
export class BodilessFuzz implements Fuzz {
  readonly #stage: ProxyStage;

  private constructor(stage: ProxyStage) {
    this.#stage = stage;
  }

  static async start(): Promise<BodilessFuzz> {
    return new BodilessFuzz(await ProxyStage.start());
  }

  async play(seed: number): Promise<void> {
    const exchanges = caseOf(seed);
    let next = 0;
    await this.#stage.origin.forget({
      onRequest: (connection, { head }) => {
        const index = Number(head.value('x-id'));
        next += 1;
        void (async () => {
          for (const piece of exchanges[index]?.answer ?? []) {
            connection.send(piece);
            await turn();
          }
          if (/^connection: close/im.test(Buffer.concat(exchanges[index]?.answer ?? []).toString())) connection.end();
        })();
      },
    });
    await using client = await RawClient.connect({ port: this.#stage.proxy.port });
    let failed = 0;
    for (const [index, exchange] of exchanges.entries()) {
      const { method } = exchange;
      const body = method === 'POST' || method === 'PUT' ? 'Content-Length: 2\r\n\r\nhi' : '\r\n';
      await client.write(`${method} /svc/x HTTP/1.1\r\nHost: localhost\r\nX-Id: ${index}\r\n${body}`);
      const answer = await client.readFinal(method);
      if (answer.status === 502) failed += 1;
      this.#judge(exchange, {
        status: answer.status,
        length: answer.head.value('content-length'),
        text: answer.body.toString(),
      });
      must(client.unread.length === 0, () => `bytes after a whole answer: ${client.unread.toString('latin1')}`);
      must(client.closing === 'open', 'the connection was closed after an answer that was in order');
    }
    const { requests, malformed } = this.#stage.origin;
    must(malformed[0] === undefined, `the origin got what is no request: ${malformed[0]}`);
    must(
      next >= exchanges.length - failed && requests.length <= 2 * exchanges.length,
      `${requests.length} requests came of ${exchanges.length}, ${next} seen`,
    );
  }

  shown(seed: number): string {
    const told = caseOf(seed).map(({ method, answer }) => [method, Buffer.concat(answer).toString('latin1')]);
    return JSON.stringify(told);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stage[Symbol.asyncDispose]();
  }

  #judge(
    { method, status, length, isStray }: BodilessExchange,
    got: { readonly status: number; readonly length: string | undefined; readonly text: string },
  ): void {
    if (got.status === 502) return;
    must(got.status === status, `${method} was answered ${got.status} for ${status}`);
    must(got.text === '', `${method} ${status} was given content: ${got.text}`);
    if (status === 204) must(got.length === undefined, `a 204 with a length of ${got.length}`);
    else if (length !== undefined && !isStray)
      must(got.length === String(length), `${method} ${status} has lost its length`);
  }
}
