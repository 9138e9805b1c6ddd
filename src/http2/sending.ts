import type { Http2Stream, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';

/** Whether nothing can be sent on a stream any more: node:http2 throws at whoever tries, also after a reset without an error. */
export function isOver(stream: Http2Stream): boolean {
  return stream.destroyed || stream.closed;
}

/**
 * Sends trailers; those that node:http2 will not send (a field twice that may come once, say) are left out, as whoever
 * passes a message on may do (RFC 9110 §6.5.1).
 */
export function sendTrailers(stream: Http2Stream, trailers: OutgoingHttpHeaders): void {
  if (isOver(stream)) return;
  try {
    stream.sendTrailers(trailers);
  } catch {
    stream.sendTrailers({});
  }
}

/** Sends an interim answer (1xx); one that node:http2 will not send is left out. */
export function sendInterim(stream: ServerHttp2Stream, headers: OutgoingHttpHeaders): void {
  try {
    stream.additionalHeaders(headers);
  } catch {
    // Nobody waits for it: the final answer is what counts.
  }
}
