import { CR, HEX_DIGIT, HTAB, LF, latin1, SEMICOLON } from './bytes.ts';
import { Field } from './field.ts';
import { FieldBlock, INCOMPLETE, REFUSED } from './field-block.ts';
import { WireFault } from './wire-fault.ts';

/** Takes what of a chunked body is to be passed on. */
export interface ChunkSink {
  /** Bytes of the body as they came, sizes and line ends of chunks included; whole chunks or the content of one. */
  chunkedBytes(bytes: Buffer, start: number, end: number): void;
  /** What stands for bytes that are not passed on as they came: a chunk's size without its extension; the body's end. */
  chunkedText(text: string): void;
  /** Bytes of the content alone. */
  contentBytes(bytes: Buffer, start: number, end: number): void;
}

const SIZE = new WireFault('malformed', 'a chunk size is not a plain hex number of at most 13 digits');
const EXTENSION = new WireFault('malformed', 'the chunk extensions are too long or have a control character');
const CHUNK_END = new WireFault('malformed', 'a chunk or its size does not end in CRLF where it should');
const TRAILERS = new WireFault('head_too_large', 'the trailers are too large');

const MAX_SIZE_DIGITS = 13;
/** Of all extensions of one body together: they carry nothing that we pass on. */
const MAX_EXTENSION_BYTES = 4096;
const MAX_TRAILER_BYTES = 4096;
const MAX_TRAILERS = 64;

const State = { SIZE: 0, EXTENSION: 1, SIZE_LF: 2, DATA: 3, DATA_CR: 4, DATA_LF: 5, TRAILERS: 6 } as const;

/** Fields that must not come after the content (RFC 9110 §6.5.1), besides all that the engine acts on. */
const NOT_IN_TRAILERS: ReadonlySet<string> = new Set(
  `accept-ranges age allow authentication-info cache-control content-disposition content-encoding content-language
  content-location content-range content-type date expires if-match if-modified-since if-none-match if-range
  if-unmodified-since location max-forwards pragma range retry-after vary warning www-authenticate`.split(/\s+/),
);

/**
 * Follows a chunked body (RFC 9112 §7.1) byte by byte without copying it: every byte is checked, and what is to be
 * passed on is told as places. Bodies of any size pass in constant memory; only trailers are kept until they are whole.
 */
export class ChunkedDecoder {
  #state: number = State.SIZE;
  #digits = 0;
  #size = 0;
  #extensionBytes = 0;
  /** Where in the present bytes the present size line begins; -1 when it began before them. */
  #lineStart = -1;
  /** The present size line has no extension. */
  #isPlain = true;
  #kept: Buffer | undefined = undefined;
  #fields: FieldBlock | undefined = undefined;
  fault: WireFault = SIZE;

  /** Makes it ready for the next body. */
  reset(): void {
    this.#state = State.SIZE;
    this.#digits = 0;
    this.#size = 0;
    this.#extensionBytes = 0;
    this.#isPlain = true;
    this.#kept = undefined;
  }

  /** Reads `bytes[start, end)`; returns the place after the body, INCOMPLETE when all was read, or REFUSED. */
  read(bytes: Buffer, start: number, end: number, sink: ChunkSink): number {
    let at = start;
    /** From here to the next size line, bytes are to be passed on as they are. */
    let run = start;
    // A size line passes only once it is whole: the start of one, cut off, could look like the end of the body.
    this.#lineStart = this.#state === State.SIZE && this.#digits === 0 ? start : -1;
    while (at < end) {
      if (this.#state === State.DATA) {
        const until = Math.min(end, at + this.#size);
        sink.contentBytes(bytes, at, until);
        this.#size -= until - at;
        at = until;
        if (this.#size === 0) this.#state = State.DATA_CR;
      } else if (this.#state === State.SIZE) {
        at = this.#readSize(bytes, at, end);
      } else if (this.#state === State.EXTENSION) {
        at = this.#skipExtension(bytes, at, end);
      } else if (this.#state === State.TRAILERS) {
        return this.#readTrailers(bytes, at, end, sink);
      } else {
        const wasSize = this.#state === State.SIZE_LF;
        at = this.#readLineEnd(bytes[at] as number, at);
        if (wasSize && at > 0) run = this.#passSize(bytes, run, at, sink);
      }
      if (at < 0) return REFUSED;
    }
    const runEnd = this.#isInSizeLine ? this.#lineStart : at;
    if (runEnd > run) sink.chunkedBytes(bytes, run, runEnd);
    return INCOMPLETE;
  }

  get #isInSizeLine(): boolean {
    return this.#state !== State.DATA && this.#state !== State.DATA_CR && this.#state !== State.DATA_LF;
  }

  /** A size line is whole: it stays in the run if it came in one piece and plain. Returns where the run goes on. */
  #passSize(bytes: Buffer, run: number, at: number, sink: ChunkSink): number {
    const isLast = this.#state === State.TRAILERS;
    if (this.#lineStart >= 0 && this.#isPlain && !isLast) return run;
    if (this.#lineStart > run) sink.chunkedBytes(bytes, run, this.#lineStart);
    if (!isLast) sink.chunkedText(`${this.#size.toString(16)}\r\n`);
    return at;
  }

  /** Reads digits and the CR after them, or stops at the `;` of an extension. */
  #readSize(bytes: Buffer, from: number, end: number): number {
    for (let at = from; at < end; at++) {
      const byte = bytes[at] as number;
      const digit = HEX_DIGIT[byte] as number;
      if (digit === 255) {
        if (this.#digits === 0) return this.#refuse(SIZE);
        if (byte === CR) {
          this.#state = State.SIZE_LF;
          return at + 1;
        }
        if (byte !== SEMICOLON) return this.#refuse(SIZE);
        this.#state = State.EXTENSION;
        this.#isPlain = false;
        return at;
      }
      if (++this.#digits > MAX_SIZE_DIGITS) return this.#refuse(SIZE);
      this.#size = this.#size * 16 + digit;
    }
    return end;
  }

  /** Stops at the CR that ends the extension. */
  #skipExtension(bytes: Buffer, from: number, end: number): number {
    for (let at = from; at < end; at++) {
      const byte = bytes[at] as number;
      if (byte === CR) {
        this.#state = State.SIZE;
        return at;
      }
      if ((byte < 0x20 && byte !== HTAB) || byte === 0x7f) return this.#refuse(EXTENSION);
      if (++this.#extensionBytes > MAX_EXTENSION_BYTES) return this.#refuse(EXTENSION);
    }
    return end;
  }

  #readLineEnd(byte: number, at: number): number {
    if (byte !== (this.#state === State.DATA_CR ? CR : LF)) return this.#refuse(CHUNK_END);
    if (this.#state === State.DATA_CR) this.#state = State.DATA_LF;
    else if (this.#state === State.SIZE_LF) this.#state = this.#size === 0 ? State.TRAILERS : State.DATA;
    else {
      this.#state = State.SIZE;
      this.#digits = 0;
      this.#isPlain = true;
      this.#lineStart = at + 1;
    }
    return at + 1;
  }

  #readTrailers(bytes: Buffer, start: number, end: number, sink: ChunkSink): number {
    const before = this.#kept?.length ?? 0;
    if (before > 0 && !bytes.subarray(start, end).includes(LF)) return this.#keepTrailers(bytes, start, end);
    const all = this.#kept === undefined ? bytes : Buffer.concat([this.#kept, bytes.subarray(start, end)]);
    const from = this.#kept === undefined ? start : 0;
    this.#fields ??= new FieldBlock(MAX_TRAILERS);
    const after = this.#fields.scan(all, from, this.#kept === undefined ? end : all.length);
    if (after === INCOMPLETE) return this.#keepTrailers(bytes, start, end);
    if (after === REFUSED) return this.#refuse(this.#fields.fault);
    sink.chunkedText(`0\r\n${this.#fields.count === 0 ? '' : allowedTrailers(this.#fields, all)}\r\n`);
    this.#kept = undefined;
    return before === 0 ? after : start + after - before;
  }

  #keepTrailers(bytes: Buffer, start: number, end: number): number {
    const piece = bytes.subarray(start, end);
    this.#kept = this.#kept === undefined ? Buffer.from(piece) : Buffer.concat([this.#kept, piece]);
    return this.#kept.length > MAX_TRAILER_BYTES ? this.#refuse(TRAILERS) : INCOMPLETE;
  }

  #refuse(fault: WireFault): number {
    this.fault = fault;
    return REFUSED;
  }
}

function allowedTrailers(fields: FieldBlock, bytes: Buffer): string {
  let lines = '';
  for (let index = 0; index < fields.count; index++) {
    if (fields.ids[index] !== Field.OTHER) continue;
    const start = fields.starts[index] as number;
    if (NOT_IN_TRAILERS.has(latin1(bytes, start, fields.nameEnds[index] as number).toLowerCase())) continue;
    lines += latin1(bytes, start, fields.lineEnds[index] as number);
  }
  return lines;
}
