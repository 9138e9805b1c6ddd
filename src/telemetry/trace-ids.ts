import type { Random } from '../runtime/random.ts';

/** How many span ids are made at once; few, as each of them keeps the text of all alive. */
const SPANS = 8;
const SPAN_LENGTH = 16;

const digits = Buffer.from('0123456789abcdef', 'latin1');

/**
 * How many contexts in a row differ by nothing but their start: the line up to the two digits in the middle of the trace id,
 * which number the start. So also those differ that keep the last 64 bits of an id.
 */
const STARTS = 64;
/** So many rests are made before the starts are made anew. */
const RESTS_PER_STARTS = 1024;
const NUMBER_LENGTH = 2;
/** The first half of a trace id, and the number. */
const blankStart = Buffer.from(`traceparent: 00-${'0'.repeat(16)}00`, 'latin1');
const START_ID_AT = 16;
const START_NUMBER_AT = 32;
/** The last half of a trace id, whose number is not sent, and a span id. */
const blankRest = Buffer.from(`${'0'.repeat(16)}-${'0'.repeat(16)}-00\r\n`, 'latin1');
const REST_SPAN_AT = 17;

/**
 * Makes the ids of traces and spans: random (from the injected chance, not for secrets) and never all zero.
 *
 * A request that nobody records needs a context too, and that is all that tracing costs it. So it is put together of two
 * texts that there are: one of 64 starts, and a rest that 64 requests share. A text of its own for each would be as cheap to
 * make alone, but among requests its memory is in no cache, and that costs several times as much. For the same reason the
 * starts are made seldom, and all at once: they lie side by side then.
 */
export class TraceIds {
  readonly #random: Random;
  readonly #ratio: number;
  readonly #id: Buffer = Buffer.alloc(32);
  readonly #startBytes: Buffer = Buffer.from(blankStart);
  readonly #restBytes: Buffer = Buffer.from(blankRest);
  #starts: readonly string[] = [];
  #start: number = STARTS - 1;
  #rest = '';
  #restsLeft = 0;
  readonly #spanBytes: Buffer = Buffer.alloc(SPANS * SPAN_LENGTH);
  #spans = '';
  #span: number = SPANS - 1;

  /** @param ratio the share of all traces that is sampled, 0…1: their ids are below it, those of all others are not */
  constructor(random: Random, ratio: number) {
    this.#random = random;
    this.#ratio = ratio;
  }

  /**
   * A context that is not sampled, as the line of a `traceparent`, line end included. No other has its trace id, but 63
   * others have the end of it, from the 19th digit on, and the span id; 65,536 have its first half. Nobody records them.
   */
  nextLine(): string {
    this.#start += 1;
    if (this.#start === STARTS) this.#renew();
    return (this.#starts[this.#start] as string) + this.#rest;
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

  #renew(): void {
    const bytes = this.#restBytes;
    this.#share(bytes, 0, false);
    this.#half(bytes, REST_SPAN_AT);
    this.#rest = bytes.toString('latin1', NUMBER_LENGTH);
    this.#start = 0;
    if (this.#restsLeft === 0) this.#renewStarts();
    this.#restsLeft -= 1;
  }

  #renewStarts(): void {
    const bytes = this.#startBytes;
    this.#half(bytes, START_ID_AT);
    this.#starts = Array.from({ length: STARTS }, (_, number) => {
      bytes.write(number.toString(16).padStart(NUMBER_LENGTH, '0'), START_NUMBER_AT, 'latin1');
      return bytes.toString('latin1');
    });
    this.#restsLeft = RESTS_PER_STARTS;
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
