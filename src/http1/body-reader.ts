import { ChunkedDecoder, type ChunkSink } from './chunked-decoder.ts';
import { INCOMPLETE, REFUSED } from './field-block.ts';
import type { Framing } from './framing.ts';
import type { WireFault } from './wire-fault.ts';

/** Takes the bytes of a body. */
export interface BodySink extends ChunkSink {
  /** Bytes of a body that is not chunked. */
  plainBytes(bytes: Buffer, start: number, end: number): void;
}

/** Follows one body after the other to its end, by its framing (RFC 9112 §6.3). */
export class BodyReader {
  #framing: Framing = 'none';
  #remaining = 0;
  /** Made at the first chunked body: most connections never carry one. */
  #decoder: ChunkedDecoder | undefined = undefined;

  /** A body begins, of `length` bytes where its framing is `length`. */
  start(framing: Framing, length: number): void {
    this.#framing = framing;
    this.#remaining = length;
    if (framing !== 'chunked') return;
    this.#decoder ??= new ChunkedDecoder();
    this.#decoder.reset();
  }

  /** Tells `[start, end)` to `sink`; returns the place after the body, INCOMPLETE when all was read, or REFUSED. */
  read(bytes: Buffer, start: number, end: number, sink: BodySink): number {
    if (this.#framing === 'chunked') return this.#decoder?.read(bytes, start, end, sink) ?? REFUSED;
    const until = this.#framing === 'close' ? end : Math.min(end, start + this.#remaining);
    this.#remaining -= until - start;
    sink.plainBytes(bytes, start, until);
    return this.#framing === 'length' && this.#remaining === 0 ? until : INCOMPLETE;
  }

  /** Why `read` refused. */
  get fault(): WireFault | undefined {
    return this.#decoder?.fault;
  }
}
