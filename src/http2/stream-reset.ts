import type { Http2Stream } from 'node:http2';
import { addAbortSignal } from 'node:stream';

const ABORTED: AbortSignal = AbortSignal.abort();

/**
 * Resets a stream with CANCEL. Not `stream.close(code)`: where something could still be written, that first sends the
 * end mark, and half a body would look whole to the other side.
 */
export function cancelStream(stream: Http2Stream): void {
  // Node gives this code to what an AbortSignal ends, and takes no other way to it.
  if (!stream.destroyed) addAbortSignal(ABORTED, stream);
}

/** Resets a stream with INTERNAL_ERROR: what it carried broke off. */
export function breakStream(stream: Http2Stream): void {
  stream.destroy(new Error('the other side of the proxy broke off'));
}
