/** Size of one read, and so of the buffers below. */
const READ_BYTES: number = 64 * 1024;
/** Buffers that wait for their next use; more are left to the garbage collector. */
const MAX_SPARE = 64;

/**
 * The one buffer into which all sockets read what is used up before the read returns: heads, and bodies small enough to
 * be copied. A read allocates nothing then.
 */
export const sharedBuffer: Buffer = Buffer.allocUnsafeSlow(READ_BYTES);

const spare: Buffer[] = [];

/** A buffer of its own for a socket in the middle of a large body, so that its bytes can be written without a copy. */
export function takeBuffer(): Buffer {
  return spare.pop() ?? Buffer.allocUnsafeSlow(READ_BYTES);
}

/** Gives a buffer back that nobody refers to any more. */
export function giveBuffer(buffer: Buffer): void {
  if (buffer !== sharedBuffer && spare.length < MAX_SPARE) spare.push(buffer);
}
