import type { ClientHttp2Stream, IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { headerText, relayedHeaders } from '../http2/header-text.ts';
import { endResponse } from '../http2/response-end.ts';
import { isOver, sendInterim } from '../http2/sending.ts';
import { breakStream } from '../http2/stream-reset.ts';
import { grpcTrailers, h2Answer } from './h2-answer.ts';
import type { H2AnswerHead } from './h2-attempt-owner.ts';
import type { ProxyErrorCode } from './proxy-error.ts';

/** How an error is told. */
export interface H2FailureOptions {
  readonly code: ProxyErrorCode;
  readonly reason: string;
  readonly isHead: boolean;
  readonly isGrpc: boolean;
  readonly nowMs: number;
}

/** Passes an answer on to the caller's stream, or answers itself. One per exchange, for one request after the other. */
export class H2Response {
  /** The final head is on its way: the answer can no longer be replaced by another. */
  hasBegun = false;
  status = 0;
  bytes = 0;
  /** As the origin told it, in its head or its trailers; undefined while it did not. */
  grpcStatus: string | undefined = undefined;
  #stream: ServerHttp2Stream | undefined = undefined;
  #trailers: OutgoingHttpHeaders = {};
  /** The answer was begun so that trailers can follow. */
  #hasTrailers = false;

  start(stream: ServerHttp2Stream): void {
    this.hasBegun = false;
    this.status = 0;
    this.bytes = 0;
    this.grpcStatus = undefined;
    this.#stream = stream;
    this.#trailers = {};
    this.#hasTrailers = false;
  }

  /** Passes an interim answer (1xx) on. */
  interim(status: number, raw: readonly string[]): void {
    const stream = this.#stream;
    if (status === 101 || stream === undefined || stream.headersSent || isOver(stream)) return;
    sendInterim(stream, relayedHeaders(raw, status));
  }

  /** Begins the final answer. @throws what node:http2 says of fields that it will not send */
  begin({ status, headers, raw, isWhole }: H2AnswerHead): void {
    const stream = this.#stream;
    if (stream === undefined || isOver(stream)) return;
    this.status = status;
    this.grpcStatus = headerText(headers, 'grpc-status');
    stream.respond(relayedHeaders(raw, status), isWhole ? { endStream: true } : { waitForTrailers: true });
    this.hasBegun = true;
    this.#hasTrailers = !isWhole;
  }

  /** Passes a piece on; pauses the origin until the caller has taken it. */
  piece(origin: ClientHttp2Stream, piece: Buffer): void {
    const stream = this.#stream;
    if (stream === undefined || isOver(stream) || stream.writableEnded) return;
    this.bytes += piece.length;
    if (stream.write(piece)) return;
    origin.pause();
    stream.once('drain', () => origin.resume());
  }

  trailers(raw: readonly string[], headers: IncomingHttpHeaders): void {
    this.#trailers = relayedHeaders(raw, undefined);
    this.grpcStatus = headerText(headers, 'grpc-status') ?? this.grpcStatus;
  }

  /** Ends the answer; `isRequestWhole` false: the rest of the request is no longer wanted. */
  end(isRequestWhole: boolean): void {
    const stream = this.#stream;
    if (stream === undefined || isOver(stream)) return;
    this.#finish(stream, isRequestWhole);
  }

  /** Answers an error, or ends an answer that has begun so that the caller sees it is not whole. */
  fail({ code, reason, isHead, isGrpc, nowMs }: H2FailureOptions, isRequestWhole: boolean): void {
    const stream = this.#stream;
    if (stream === undefined || isOver(stream)) return;
    if (this.hasBegun && isGrpc && !stream.writableEnded) {
      this.#trailers = grpcTrailers(code, reason);
      this.#finish(stream, isRequestWhole);
    } else if (this.hasBegun) {
      breakStream(stream);
    } else {
      const { headers, content } = h2Answer({ code, reason, isHead, isGrpc, nowMs });
      this.bytes += content.length;
      stream.respond(headers, { endStream: content === '' });
      this.hasBegun = true;
      if (content !== '') stream.write(content, 'latin1');
      this.#finish(stream, isRequestWhole);
    }
  }

  #finish(stream: ServerHttp2Stream, isRequestWhole: boolean): void {
    endResponse(stream, { trailers: this.#hasTrailers ? this.#trailers : undefined, isRequestWhole });
  }
}
