import { setImmediate as turn } from 'node:timers/promises';
import { RawClient } from '../support/raw-client.ts';
import { type H2Case, h2Case } from './h2-case.ts';
import { Flag, Frame, frame, type ReadFrame, readFrames, settingsFrame, statusIn } from './h2-frames.ts';
import { H2Stage } from './h2-stage.ts';
import { type Fuzz, must, soon } from './must.ts';

const ALIVE = 'alive? !';
/** How long anything may take; far more than it does. */
const LIMIT_MS = 10_000;

/** What came back on one stream. */
interface SeenStream {
  readonly status: number;
  readonly body: string;
  /** By END_STREAM or a reset. */
  readonly hasEnded: boolean;
}

/** Plays connections of good, malformed, hostile and mutated frames of HTTP/2. */
export class H2Fuzz implements Fuzz {
  readonly #stage: H2Stage;

  private constructor(stage: H2Stage) {
    this.#stage = stage;
  }

  static async start(): Promise<H2Fuzz> {
    return new H2Fuzz(await H2Stage.start());
  }

  async play(seed: number): Promise<void> {
    const played = h2Case(seed);
    await this.#stage.forget();
    await this.#converse(played);
    this.#judgeOrigins(played);
    await soon('all leases to be given back', () => this.#stage.isIdle);
    await this.#stage.forget();
    await this.#stage.nextIsClean();
  }

  shown(seed: number): string {
    const { what, fate, pieces } = h2Case(seed);
    return JSON.stringify({ fate, what, pieces: pieces.length, bytes: Buffer.concat(pieces).toString('base64') });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stage[Symbol.asyncDispose]();
  }

  async #converse(played: H2Case): Promise<void> {
    const { pieces, fate } = played;
    await using client = await RawClient.connect({ port: this.#stage.proxy.port });
    for (const piece of pieces) {
      await client.write(piece);
      if (pieces.length > 1) await turn();
    }
    if (fate === 'lives') await this.#judgeClient(played, client);
    else {
      if (fate === 'any') client.finish();
      await client.whenClosed(LIMIT_MS);
    }
  }

  /** Every stream ends as it should, and the connection is still good. */
  async #judgeClient({ requests }: H2Case, client: RawClient): Promise<void> {
    // Whatever windows were played with, all that is under way has room now.
    await client.write(settingsFrame([[4, 65_535]]));
    const expected = requests.filter((request) => request.expected !== 'any');
    const seen = (stream: number) => seenOn(readFrames(client.unread), stream);
    const isDone = () => expected.every(({ stream }) => seen(stream).hasEnded);
    await soon('an end of each stream', () => isDone() || client.closing !== 'open', LIMIT_MS);
    for (const { stream, id, body, expected: fate, what } of expected) {
      const { status, body: got, hasEnded } = seen(stream);
      must(hasEnded, () => `the connection was ended before stream ${stream}: ${shownFrames(client.unread)}`);
      if (fate === 'answered') must(status === 200 && got === `${id}:${body}`, `${what} was answered ${status} ${got}`);
      else must(status !== 200, `${what} was answered ${got}`);
    }
    await client.write(frame(Frame.PING, 0, 0, ALIVE));
    const isAlive = () =>
      readFrames(client.unread).some(
        ({ type, flags, payload }) => type === Frame.PING && flags === Flag.ACK && payload.toString('latin1') === ALIVE,
      );
    await soon('the connection to be alive', () => isAlive() || client.closing !== 'open', LIMIT_MS);
    must(isAlive(), () => `the connection was ended: ${shownFrames(client.unread)}`);
  }

  #judgeOrigins({ requests, fate }: H2Case): void {
    const { malformed, whole, heads } = this.#stage;
    must(malformed === undefined, `an origin got what is no request: ${malformed}`);
    if (fate === 'any') {
      must(whole.length <= 2 * requests.length + 2, `${whole.length} requests of ${requests.length}`);
      return;
    }
    const known = new Map(requests.map((request) => [request.id, request]));
    for (const { id, text } of heads) {
      must(!/smuggled/i.test(text), `an origin got a field that was none: ${text}`);
      const isAttack = id === '' || id === 'undefined';
      const request = known.get(id);
      must(isAttack || request !== undefined, `an origin got ${id}, which nobody sent`);
      must(request?.expected !== 'refused', `an origin got what is to be refused: ${request?.what}`);
    }
    const times = new Map<string, number>();
    for (const { id, body } of whole) {
      const request = known.get(id);
      if (request === undefined) continue;
      must(request.expected !== 'broken', `an origin got a whole request that was not: ${request.what}`);
      must(body === request.body, `${request.what} arrived with another body: ${body}`);
      times.set(id, (times.get(id) ?? 0) + 1);
      must((times.get(id) ?? 0) <= (request.isIdempotent ? 2 : 1), `${request.what} came ${times.get(id)} times`);
    }
  }
}

function seenOn(frames: readonly ReadFrame[], stream: number): SeenStream {
  let status = -1;
  let body = '';
  let hasEnded = false;
  for (const each of frames) {
    if (each.stream !== stream) continue;
    if (each.type === Frame.HEADERS && status < 0) status = statusIn(each.payload);
    if (each.type === Frame.DATA) body += each.payload.toString('latin1');
    const isLast = each.type === Frame.HEADERS || each.type === Frame.DATA;
    if (each.type === Frame.RST_STREAM || (isLast && (each.flags & Flag.END_STREAM) !== 0)) hasEnded = true;
  }
  return { status, body, hasEnded };
}

function shownFrames(bytes: Buffer): string {
  return readFrames(bytes)
    .map(({ type, flags, stream, payload }) => `${type}/${flags}/${stream} ${payload.subarray(0, 40).toString('hex')}`)
    .join(', ');
}
