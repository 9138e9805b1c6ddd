/** Counts the bytes of a chunked body (RFC 9112 §7.1) as they come, keeping none of them. No trailers. */
export class ChunkCounter {
  /** Body bytes so far. */
  bytes = 0;
  #left = 0;
  #line = '';
  #ended = false;

  /** Takes what came; tells how many bytes lie behind the body's end, or undefined while the body goes on. */
  take(chunk: Buffer): number | undefined {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 2) {
        const taken = Math.min(this.#left - 2, chunk.length - at);
        this.bytes += taken;
        this.#left -= taken;
        at += taken;
      } else if (this.#left > 0) {
        this.#left--;
        at++;
        if (this.#left === 0 && this.#ended) return chunk.length - at;
      } else if (chunk[at++] === 0x0a) this.#size();
      else this.#line += String.fromCharCode(chunk[at - 1] ?? 0);
    }
    return undefined;
  }

  /** A size line is whole: the chunk and its line end come next. */
  #size(): void {
    const size = Number.parseInt(this.#line, 16);
    this.#line = '';
    this.#ended = size === 0;
    this.#left = size + 2;
  }
}
