import type { OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { nodeHttp2 } from './node-http2.ts';
import { sendTrailers } from './sending.ts';

/** How an answer ends. */
export interface ResponseEnd {
  /** Undefined for an answer that was begun without `waitForTrailers`. */
  readonly trailers: OutgoingHttpHeaders | undefined;
  /** The request has come whole. When it has not, its caller is told to stop sending, after the answer (RFC 9113 §8.1). */
  readonly isRequestWhole: boolean;
}

/** Ends an answer: content that was written leaves first, then the trailers, and then what stops an unfinished request. */
export function endResponse(stream: ServerHttp2Stream, { trailers, isRequestWhole }: ResponseEnd): void {
  const stop = () => {
    if (isRequestWhole || stream.closed) return;
    // What is left of the request must not stand in the way of its end.
    stream.resume();
    // A reset would overtake frames that have not been handed to the socket yet; they are, by then.
    setImmediate(() => stream.close(nodeHttp2().constants.NGHTTP2_NO_ERROR));
  };
  if (trailers === undefined) {
    if (stream.writableFinished) stop();
    else stream.once('finish', stop);
  } else {
    stream.once('wantTrailers', () => {
      sendTrailers(stream, trailers);
      stop();
    });
  }
  if (!stream.writableEnded) stream.end();
}
