import { OriginFailure } from '../http1/origin-failure.ts';
import { nodeHttp2 } from './node-http2.ts';

/** What is known of a stream to an origin that ended without an answer. */
export interface StreamEnd {
  /** The code that it was reset with; 0 = it was not. */
  readonly resetCode: number;
  /** The origin has said that it has not looked at it, or it was never sent. */
  readonly isUnprocessed: boolean;
  /** The error that ended it or its session. */
  readonly error: Error | undefined;
  readonly hasAnswered: boolean;
}

/** What kind of failure that is: what it proves about the request decides whether there may be another attempt. */
export function streamFailure({ resetCode, isUnprocessed, error, hasAnswered }: StreamEnd): OriginFailure {
  if (isUnprocessed || (resetCode === nodeHttp2().constants.NGHTTP2_REFUSED_STREAM && !hasAnswered)) {
    return new OriginFailure('stream_refused', 'the origin has refused the request unread');
  }
  if (isProtocolError(error)) {
    return new OriginFailure('answer_malformed', 'the origin does not speak HTTP/2 as it should', error);
  }
  if (hasAnswered) {
    return new OriginFailure('answer_truncated', 'the origin broke its answer off', error);
  }
  if (resetCode === nodeHttp2().constants.NGHTTP2_HTTP_1_1_REQUIRED) {
    return new OriginFailure('answer_malformed', 'the origin takes this request over HTTP/1.1 only');
  }
  if (resetCode === nodeHttp2().constants.NGHTTP2_NO_ERROR && error === undefined) {
    return new OriginFailure('answer_malformed', 'the origin ended the stream without an answer');
  }
  return new OriginFailure('closed_before_answer', 'the origin reset the stream before an answer', error);
}

function isProtocolError(error: Error | undefined): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === 'ERR_HTTP2_ERROR';
}
