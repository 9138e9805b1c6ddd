import type { OutgoingHttpHeaders } from 'node:http2';
import { responseHeaders } from '../http2/header-text.ts';
import { grpcMessage, grpcStatusOf } from './grpc-status.ts';
import { errorResponse, type ProxyErrorCode } from './proxy-error.ts';

/** An answer of the proxy's own on a stream. */
export interface H2Answer {
  readonly headers: OutgoingHttpHeaders;
  /** Empty: the fields are all. */
  readonly content: string;
}

/** What an error is answered with. */
export interface H2AnswerOptions {
  readonly code: ProxyErrorCode;
  readonly reason: string;
  readonly isHead: boolean;
  readonly isGrpc: boolean;
  readonly nowMs: number;
}

/** The answer to a request that failed: the same problem+json as over HTTP/1.1, or for a call of gRPC its trailers alone. */
export function h2Answer({ code, reason, isHead, isGrpc, nowMs }: H2AnswerOptions): H2Answer {
  const text = errorResponse({ code, reason, isHead, closes: false, nowMs });
  const headEnd = text.indexOf('\r\n\r\n') + 2;
  const headers = responseHeaders(text.slice(0, headEnd));
  if (!isGrpc) return { headers, content: text.slice(headEnd + 2) };
  return {
    headers: {
      ':status': 200,
      'content-type': 'application/grpc',
      ...grpcTrailers(code, reason),
      'proxy-status': headers['proxy-status'],
    },
    content: '',
  };
}

/** The trailers of a call that failed. */
export function grpcTrailers(code: ProxyErrorCode, reason: string): OutgoingHttpHeaders {
  return { 'grpc-status': String(grpcStatusOf(code)), 'grpc-message': grpcMessage(reason) };
}
