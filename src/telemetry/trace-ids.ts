import type { Random } from '../runtime/random.ts';

/** How many contexts are made at once; a power of two. */
const BLOCK = 64;
/** Length of a `traceparent`. */
const VALUE_LENGTH = 55;
/** Before it in a block: its name, as a line of a head begins. */
const NAME = 'traceparent: ';
const LENGTH = NAME.length + VALUE_LENGTH + 2;

const digits = Buffer.from('0123456789abcdef', 'latin1');
const template = Buffer.from(`${NAME}00-${'0'.repeat(32)}-${'0'.repeat(16)}-00\r\n`, 'latin1');

/**
 * Makes fresh trace contexts in blocks, already written as lines with unsampled `traceparent` fields, so that a request without a
 * context costs a slice of a string. Ids are random (from the injected chance, not for secrets) and never all zero: the
 * last 64 bits of a trace id are its own, while the first 64, and the span id that nobody records, are those of its block.
 */
export class TraceIds {
  readonly #random: Random;
  readonly #bytes: Buffer = Buffer.alloc(BLOCK * LENGTH);
  readonly #shares = new Float64Array(BLOCK);
  readonly #span: Buffer = Buffer.alloc(16);
  #text = '';
  #at: number = BLOCK;

  constructor(random: Random) {
    this.#random = random;
    template.copy(this.#bytes);
  }

  /** Moves on to the next context and gives its trace id's place in [0, 1): what sampling by ratio compares. */
  next(): number {
    this.#at += 1;
    if (this.#at >= BLOCK) this.#fill();
    return this.#shares[this.#at] as number;
  }

  /** The current context as the line of a `traceparent` with the flag unsampled, line end included. */
  get line(): string {
    const start = this.#at * LENGTH;
    return this.#text.slice(start, start + LENGTH);
  }

  /** The current context's span id; what the next hop takes for its parent. */
  get spanId(): string {
    return this.#lasting(36, 52);
  }

  /** The current trace id. */
  get traceId(): string {
    return this.#lasting(3, 35);
  }

  /** The id of a new span. */
  nextSpanId(): string {
    this.#word(this.#span, 0);
    this.#word(this.#span, 8);
    return this.#span.toString('latin1');
  }

  /** A text of its own: an id waits with its span, and a slice would keep the whole block alive. */
  #lasting(from: number, to: number): string {
    const start = this.#at * LENGTH + NAME.length;
    return this.#bytes.toString('latin1', start + from, start + to);
  }

  #fill(): void {
    const bytes = this.#bytes;
    for (const at of [3, 11, 36, 44]) this.#word(bytes, NAME.length + at);
    for (let filled = LENGTH; filled < bytes.length; filled *= 2) bytes.copyWithin(filled, 0, filled);
    for (let index = 0; index < BLOCK; index++) {
      const start = index * LENGTH + NAME.length;
      const high = this.#word(bytes, start + 19);
      const low = this.#word(bytes, start + 27);
      this.#shares[index] = shareOf(high, low);
    }
    this.#text = bytes.toString('latin1');
    this.#at = 0;
  }

  /** Writes 8 random hex digits at `at`. A word of zero becomes one: no id may be all zero. */
  #word(bytes: Buffer, at: number): number {
    const word = Math.floor(this.#random() * 2 ** 32) || 1;
    for (let digit = 0; digit < 8; digit++) bytes[at + digit] = digits[(word >>> (28 - 4 * digit)) & 15] as number;
    return word;
  }
}

/** A trace id's last 56 bits as a share of 2^56. Source: W3C Trace Context level 2, random trace id. */
function shareOf(high: number, low: number): number {
  return ((high & 0xffffff) * 2 ** 32 + low) / 2 ** 56;
}

/** The place in [0, 1) of a trace id that came from elsewhere. */
export function traceIdShare(traceId: string): number {
  return shareOf(Number.parseInt(traceId.slice(16, 24), 16), Number.parseInt(traceId.slice(24, 32), 16));
}
