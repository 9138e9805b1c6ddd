import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { seededRandom } from '../../src/runtime/random.ts';
import { type Fuzz, must, soon } from './must.ts';
import { Dice } from './mutate.ts';
import { ProxyStage } from './proxy-stage.ts';

/** What is done to a caller's TLS records on their way. */
type Harm = 'none' | 'end' | 'reset' | 'change' | 'drop' | 'double' | 'noise' | 'plain';

interface TlsCase {
  readonly harm: Harm;
  /** How many bytes pass before that. */
  readonly at: number;
  /** Bytes pass in pieces of at most so many. */
  readonly step: number;
  readonly bodies: readonly string[];
}

const pem = (name: string) => readFileSync(new URL(`../support/listener-tls/${name}.pem`, import.meta.url), 'utf8');
const HARMS: readonly Harm[] = ['none', 'none', 'none', 'end', 'reset', 'change', 'drop', 'double', 'noise', 'plain'];
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const LIMIT_MS = 10_000;
const CUT_BYTES = 700;

function caseOf(seed: number): TlsCase {
  const dice = new Dice(seededRandom(seed));
  return {
    harm: dice.of(HARMS),
    at: dice.below(dice.of([600, 1500, 4000])),
    step: dice.of([1, 2, 7, 100, 100_000]),
    bodies: Array.from({ length: 1 + dice.below(4) }, (_, index) => `${index}${'b'.repeat(dice.below(600))}`),
  };
}

/** Plays callers over TLS whose records arrive cut at every byte, cut off, changed, doubled or among others. */
export class TlsFuzz implements Fuzz {
  readonly #stage: ProxyStage;
  readonly #port: number;

  private constructor(stage: ProxyStage, port: number) {
    this.#stage = stage;
    this.#port = port;
  }

  static async start(): Promise<TlsFuzz> {
    const stage = await ProxyStage.start({ settings: { limits: { headMs: 700, keepAliveMs: 500 } } });
    const tls = { cert: pem('one'), key: pem('one-key'), clientCa: undefined };
    const bound = await stage.proxy.proxy.listen({ host: '127.0.0.1', port: 0 }, { tls });
    return new TlsFuzz(stage, 'port' in bound ? bound.port : 0);
  }

  async play(seed: number): Promise<void> {
    const played = caseOf(seed);
    await this.#stage.origin.forget();
    const answers = await this.#converse(played);
    const { requests, malformed } = this.#stage.origin;
    must(malformed[0] === undefined, `the origin got what is no request: ${malformed[0]}`);
    const got = requests.map(({ body }) => body.toString());
    must(
      got.every((body, index) => body === played.bodies[index]),
      `the origin got ${got.join()}`,
    );
    if (played.harm === 'none') must(got.length === played.bodies.length, `${got.length} requests came`);
    must(answers === OK.repeat(answers.length / OK.length), 'the caller got other bytes than the answers');
    const expected = played.harm === 'none' ? played.bodies.length : Math.min(got.length, played.bodies.length);
    must(answers.length <= expected * OK.length, 'the caller got more answers than requests were sent');
    if (played.harm === 'none') must(answers.length === expected * OK.length, 'an answer is missing');
    await soon('all connections to be closed', () => this.#stage.proxy.proxy.connections === 0, LIMIT_MS);
    await this.#stage.origin.forget();
    const next = await this.#converse({ harm: 'none', at: 0, step: 100_000, bodies: ['next'] });
    must(next === OK, `the next caller got ${next}`);
  }

  shown(seed: number): string {
    const { bodies, ...rest } = caseOf(seed);
    return JSON.stringify({ ...rest, lengths: bodies.map(({ length }) => length) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stage[Symbol.asyncDispose]();
  }

  /** Sends POSTs over TLS, each once the one before is answered, through a relay that does the harm; returns all answers. */
  async #converse(played: TlsCase): Promise<string> {
    const relay = await startRelay(this.#port, played);
    const socket = connectTls({ port: relay.port, host: '127.0.0.1', rejectUnauthorized: false });
    let answers = '';
    let isClosed = false;
    socket.on('data', (chunk: Buffer) => {
      answers += chunk.toString('latin1').replace(/(?:Date|Via|Server): [^\r]*\r\n/gi, '');
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      isClosed = true;
    });
    try {
      for (const [index, body] of played.bodies.entries()) {
        const head = `POST /svc/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n`;
        if (socket.writable) socket.write(head + body);
        await soon('an answer or the end', () => isClosed || answers.length >= OK.length * (index + 1), LIMIT_MS);
      }
      socket.end();
      await soon('the end', () => isClosed, LIMIT_MS);
      return answers;
    } finally {
      socket.destroy();
      await relay.close();
    }
  }
}

interface Relay {
  readonly port: number;
  close(): Promise<void>;
}

/** Passes one connection on, and does to what the caller sends what the case says. */
async function startRelay(to: number, played: TlsCase): Promise<Relay> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ noDelay: true }, (near) => {
    const far = connectTcp({ port: to, host: '127.0.0.1', noDelay: true });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
    far.pipe(near);
    far.once('close', () => near.destroy());
    near.once('close', () => far.destroy());
    near.once('end', () => far.end());
    void pass(near, far, played);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const close = async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { port: typeof address === 'object' && address !== null ? address.port : 0, close };
}

async function pass(near: Socket, far: Socket, { harm, at, step }: TlsCase): Promise<void> {
  let passed = 0;
  try {
    for await (const chunk of near as AsyncIterable<Buffer>) {
      for (let start = 0; start < chunk.length; ) {
        // The handshake and the first records in pieces; more of them would take longer than a caller has.
        const piece = chunk.subarray(start, passed < CUT_BYTES ? start + step : chunk.length);
        start += piece.length;
        const isHere = harm !== 'none' && passed <= at && at < passed + piece.length;
        passed += piece.length;
        if (!far.writable) return;
        if (isHere) harmed(far, piece, harm, at - (passed - piece.length));
        else far.write(piece);
        await turn();
      }
    }
  } catch {
    // The caller is gone.
  }
}

function harmed(far: Socket, piece: Buffer, harm: Harm, offset: number): void {
  const [before, after] = [piece.subarray(0, offset), piece.subarray(offset)];
  if (harm === 'end') far.end(before);
  else if (harm === 'reset') far.resetAndDestroy();
  else if (harm === 'change') far.write(Buffer.concat([before, Buffer.of((after[0] ?? 0) ^ 1), after.subarray(1)]));
  else if (harm === 'drop') far.write(Buffer.concat([before, after.subarray(1)]));
  else if (harm === 'double') far.write(Buffer.concat([before, after.subarray(0, 1), after]));
  else if (harm === 'noise') far.write(Buffer.concat([before, Buffer.from([22, 3, 3, 0, 2, 1, 0]), after]));
  else far.write(Buffer.concat([before, Buffer.from('GET /svc/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n'), after]));
}
