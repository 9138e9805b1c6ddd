/**
 * Gives a buffer's memory back at once; the buffer is empty then. One that has only a part of its `ArrayBuffer` is left
 * alone, since others have the rest.
 */
export function freeBuffer({ buffer, length }: Buffer): void {
  if (length > 0 && length === buffer.byteLength && buffer instanceof ArrayBuffer) buffer.transfer(0);
}
