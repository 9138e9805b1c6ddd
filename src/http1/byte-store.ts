/** Bytes that came in pieces and are wanted in one: grows by doubling, so that a byte at a time costs no more than n. */
export class ByteStore {
  #bytes: Buffer = Buffer.allocUnsafe(512);
  length = 0;

  /** The memory that holds `[0, length)`; another one after an append that had to grow. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  append(bytes: Buffer, start: number, end: number): void {
    const needed = this.length + end - start;
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, this.length);
      this.#bytes = grown;
    }
    bytes.copy(this.#bytes, this.length, start, end);
    this.length = needed;
  }
}
