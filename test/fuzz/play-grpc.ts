import type { ClientHttp2Session } from 'node:http2';
import { ask, type H2TestAnswer, h2Client } from '../support/h2-client.ts';
import { startTestProxy, type TestProxy } from '../support/test-proxy.ts';
import { CLEAN, type GrpcAnswer, grpcCase } from './grpc-case.ts';
import { type Fuzz, must, soon } from './must.ts';
import { RawH2Origin } from './raw-h2-origin.ts';

const CALL = {
  ':method': 'POST',
  ':path': '/svc/shop.Orders/Get',
  'content-type': 'application/grpc',
  te: 'trailers',
};

/** Plays calls of gRPC to a server that answers as it should, as it should not, or not at all. */
export class GrpcFuzz implements Fuzz {
  readonly #origin: RawH2Origin;
  readonly #proxy: TestProxy;
  /** How often each message was given. */
  readonly #given = new Map<string, number>();

  private constructor(origin: RawH2Origin, proxy: TestProxy) {
    this.#origin = origin;
    this.#proxy = proxy;
  }

  static async start(): Promise<GrpcFuzz> {
    const origin = await RawH2Origin.start(() => CLEAN);
    const timeouts = { connectMs: 1000, firstByteMs: 2000, idleMs: 2000, totalMs: 0 };
    const proxy = await startTestProxy({
      upstreams: { svc: [origin.address] },
      upstreamSettings: { svc: { protocol: 'http2', timeouts, outlier: NO_OUTLIER } },
    });
    return new GrpcFuzz(origin, proxy);
  }

  async play(seed: number): Promise<void> {
    const { answers } = grpcCase(seed);
    this.#given.clear();
    let taken = 0;
    this.#origin.answer = () => this.#take(answers[taken++] ?? CLEAN);
    using client = h2Client(this.#proxy.port);
    // Short only where nothing else ends a call, or a slow machine would.
    const isGood = answers.every(({ endsSession, what }) => !endsSession && !what.startsWith('silence'));
    const got = await Promise.all(answers.map(() => called(client, isGood ? '10S' : '300m')));
    this.#judge(answers, got);
    must(!client.closed && !client.destroyed, 'the session of the caller was ended for what the server did');
    await soon('all leases to be given back', () => this.#proxy.upstreams.get('svc')?.inFlight === 0);
    this.#origin.answer = () => CLEAN;
    // A session that breaks only now takes the next call with it.
    let next = await called(client);
    for (let tries = 0; tries < 3 && !isOk(next) && answers.some(({ endsSession }) => endsSession); tries++)
      next = await called(client);
    const { body, headers, trailers } = next;
    must(
      body.toString() === 'clean' && trailers.get('grpc-status') === '0',
      () => `the next call got ${body} ${[...headers, ...trailers].join()}`,
    );
  }

  shown(seed: number): string {
    return JSON.stringify(grpcCase(seed).answers.map(({ what, message }) => [what, message]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#proxy.close();
    await this.#origin[Symbol.asyncDispose]();
  }

  #take(answer: GrpcAnswer): GrpcAnswer {
    const { message } = answer;
    if (message !== undefined) this.#given.set(message, (this.#given.get(message) ?? 0) + 1);
    return answer;
  }

  #judge(answers: readonly GrpcAnswer[], got: readonly H2TestAnswer[]): void {
    const changed = answers.some(({ what }) => what === 'a byte changed');
    const seen = new Map<string, number>();
    for (const answer of got) {
      if (!isOk(answer)) {
        mustSayWhy(answer);
        continue;
      }
      const message = answer.body.toString();
      seen.set(message, (seen.get(message) ?? 0) + 1);
      must(changed || this.#given.has(message), `a call is OK with ${JSON.stringify(message)}, which nobody said`);
    }
    for (const [message, count] of seen) {
      must(changed || count <= (this.#given.get(message) ?? 0), `${message} was given to ${count} calls`);
    }
    if (answers.some(({ endsSession, what }) => endsSession || what.startsWith('silence'))) return;
    for (const message of this.#given.keys()) must(seen.has(message), `${message} did not arrive`);
  }
}

const NO_OUTLIER = {
  consecutiveFailures: 0,
  consecutiveGatewayFailures: 0,
  ejectForMs: 1000,
  maxEjectForMs: 1000,
  maxEjected: 0,
  successRateDeviation: 0,
  successRateVolume: 100,
  intervalMs: 10_000,
  slowStartMs: 0,
};

/** @param timeout how long the call waits, as it says itself */
function called(client: ClientHttp2Session, timeout = '10S'): Promise<H2TestAnswer> {
  return ask(client, { ...CALL, 'grpc-timeout': timeout }, Buffer.from('\0\0\0\0\0'));
}

function isOk({ status, trailers, headers, resetCode }: H2TestAnswer): boolean {
  const said = trailers.get('grpc-status') ?? headers.get('grpc-status');
  return status === 200 && resetCode === 0 && said === '0';
}

/** A call that failed has a status of its own, or was broken off, or ended without a status, which every client takes for UNKNOWN. */
function mustSayWhy({ status, resetCode }: H2TestAnswer): void {
  must(status !== undefined || resetCode !== 0, 'a call ended without an answer and without a reset');
}
