import type { Random } from '../runtime/random.ts';

/** How many ends of lines are made at once; few enough to stay in the processor's caches. */
const TAILS = 64;
/** How often each of them is used, always behind another head. */
const ROUNDS = 64;
/** How many span ids are made at once; few, as each of them keeps the text of all alive. */
const SPANS = 8;
const SPAN_LENGTH = 16;

const head = Buffer.from(`traceparent: 00-${'0'.repeat(16)}`, 'latin1');
const tail = Buffer.from(`${'0'.repeat(16)}-${'0'.repeat(16)}-00\r\n`, 'latin1');
/** Where an id begins in each of them. */
const HEAD_ID = head.length - 16;
const TAIL_SPAN = 17;

const digits = Buffer.from('0123456789abcdef', 'latin1');

/**
 * Makes the ids of traces and spans: random (from the injected chance, not for secrets) and never all zero.
 *
 * A request that nobody records needs a context too, and that is all that tracing costs it. Its line is put together from
 * a head that is made for 64 requests and an end that is made for 64 heads: fresh text for each would be cheap to make,
 * but its memory is in no cache, and that costs several times as much.
 */
export class TraceIds {
  readonly #random: Random;
  readonly #ratio: number;
  readonly #headBytes: Buffer = Buffer.from(head);
  readonly #tailBytes: Buffer = Buffer.from(tail);
  readonly #id: Buffer = Buffer.alloc(32);
  #head = '';
  readonly #tails: string[] = [];
  #at: number = TAILS - 1;
  #round: number = ROUNDS - 1;
  readonly #spanBytes: Buffer = Buffer.alloc(SPANS * SPAN_LENGTH);
  #spans = '';
  #span: number = SPANS - 1;

  /** @param ratio the share of all traces that is sampled, 0…1: their ids are below it, those of all others are not */
  constructor(random: Random, ratio: number) {
    this.#random = random;
    this.#ratio = ratio;
  }

  /**
   * A context that is not sampled, as the line of a `traceparent`, line end included. No other has its trace id, but each
   * half of it belongs to 63 others as well, the last with the span id; nobody records them.
   */
  nextLine(): string {
    this.#at += 1;
    if (this.#at >= TAILS) this.#turn();
    return this.#head + (this.#tails[this.#at] as string);
  }

  /** The id of a new trace. */
  traceId(sampled: boolean): string {
    this.#half(this.#id, 0);
    this.#share(this.#id, 16, sampled);
    return this.#id.toString('latin1');
  }

  /** The id of a new span. */
  spanId(): string {
    this.#span += 1;
    if (this.#span >= SPANS) this.#fillSpans();
    const start = this.#span * SPAN_LENGTH;
    return this.#spans.slice(start, start + SPAN_LENGTH);
  }

  /** Goes round again, behind another head. */
  #turn(): void {
    this.#at = 0;
    this.#round += 1;
    if (this.#round >= ROUNDS) this.#fillTails();
    this.#half(this.#headBytes, HEAD_ID);
    this.#head = this.#headBytes.toString('latin1');
  }

  #fillTails(): void {
    const bytes = this.#tailBytes;
    this.#round = 0;
    for (let index = 0; index < TAILS; index++) {
      this.#share(bytes, 0, false);
      this.#half(bytes, TAIL_SPAN);
      this.#tails[index] = bytes.toString('latin1');
    }
  }

  #fillSpans(): void {
    const bytes = this.#spanBytes;
    this.#span = 0;
    for (let at = 0; at < bytes.length; at += SPAN_LENGTH) this.#half(bytes, at);
    this.#spans = bytes.toString('latin1');
  }

  /** Writes the last half of a trace id, whose last 56 bits place it below the ratio or not. */
  #share(bytes: Buffer, at: number, sampled: boolean): void {
    const random = this.#random();
    const share = (sampled ? random * this.#ratio : this.#ratio + random * (1 - this.#ratio)) * 2 ** 24;
    const high = Math.floor(share);
    this.#word(bytes, at, (this.#chance() & 0xff000000) | (high & 0xffffff));
    this.#word(bytes, at + 8, Math.floor((share - high) * 2 ** 32));
  }

  /** Writes 64 random bits: a span id, or the first half of a trace id. */
  #half(bytes: Buffer, at: number): void {
    this.#word(bytes, at, this.#chance());
    this.#word(bytes, at + 8, this.#chance());
  }

  /** 32 random bits; one instead of zero, as no id may be all zero. */
  #chance(): number {
    return Math.floor(this.#random() * 2 ** 32) || 1;
  }

  /** Writes a word as 8 hex digits. */
  #word(bytes: Buffer, at: number, word: number): void {
    for (let digit = 0; digit < 8; digit++) bytes[at + digit] = digits[(word >>> (28 - 4 * digit)) & 15] as number;
  }
}

/** The place in [0, 1) of a trace id: its last 56 bits as a share of 2^56. Source: W3C Trace Context level 2, random trace id. */
export function traceIdShare(traceId: string): number {
  const high = Number.parseInt(traceId.slice(16, 24), 16) & 0xffffff;
  return (high * 2 ** 32 + Number.parseInt(traceId.slice(24, 32), 16)) / 2 ** 56;
}
