/** Size of one read, and so of the buffers below. */
const READ_BYTES: number = 128 * 1024;
/** Buffers that wait for their next use; more are left to the garbage collector. */
const MAX_SPARE = 64;

/**
 * The one buffer into which all sockets read what is used up before the read returns: heads, and bodies small enough to
 * be copied. A read allocates nothing then.
 */
export const sharedBuffer: Buffer = Buffer.allocUnsafeSlow(READ_BYTES);

const spare: PooledBuffer[] = [];

/**
 * Memory for one read that outlives it, so that its bytes can be written without a copy. It belongs to whoever takes it
 * and to each write that still needs it; once all have let go of it, it is used again. Allocating one for each read
 * instead costs more than the read, in collecting them.
 */
export class PooledBuffer {
  readonly bytes: Buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  #owners = 1;

  /** A buffer with one owner: who calls this. */
  static take(): PooledBuffer {
    const known = spare.pop();
    if (known === undefined) return new PooledBuffer();
    known.#owners = 1;
    return known;
  }

  /** Somebody besides the one who took it needs its bytes. */
  get isHeld(): boolean {
    return this.#owners > 1;
  }

  /** One more owner. */
  retain(): void {
    this.#owners += 1;
  }

  /** One owner less; after the last one, its bytes are somebody else's. */
  release(): void {
    this.#owners -= 1;
    if (this.#owners === 0 && spare.length < MAX_SPARE) spare.push(this);
  }
}
