import { expect } from 'vitest';
import type { RawAnswer } from './raw-answer.ts';
import type { RawClient } from './raw-client.ts';
import type { RawRequest } from './raw-request.ts';
import type { RecordingOrigin } from './recording-origin.ts';

/** Error types of Proxy-Status (RFC 9209 §2.3 and our own) that the error table names. */
export type ProxyError =
  | 'http_request_error'
  | 'destination_not_found'
  | 'destination_unavailable'
  | 'connection_limit_reached'
  | 'connection_refused'
  | 'connection_terminated'
  | 'connection_timeout'
  | 'http_response_timeout'
  | 'http_protocol_error'
  | 'proxy_loop_detected'
  | 'http_request_denied';

/** Fields that the proxy adds to every request it sends on. */
const ADDED = /^(host|via|forwarded|x-forwarded-(for|host|proto)|traceparent|tracestate):/i;

/** Asserts that `answer` is one that the proxy made itself, by a row of the error table. */
export function expectOwnAnswer(answer: RawAnswer, status: number | readonly number[], error: ProxyError): void {
  const shown = `${answer.head.startLine} ${answer.head.lines.join(' | ')} ${answer.body}`;
  expect([status].flat(), shown).toContain(answer.status);
  expect(answer.head.value('proxy-status'), shown).toMatch(new RegExp(`^pilotfish; ?error=${error}(;|$)`));
  expect(answer.head.value('content-type'), shown).toMatch(/^application\/problem\+json(;|$)/);
  const problem: unknown = JSON.parse(answer.body.toString());
  expect(problem, shown).toMatchObject({ status: answer.status, title: expect.any(String) });
}

/** What a refusal is, beside the usual 400. */
export interface Refusal {
  readonly status?: number | readonly number[];
  readonly error?: ProxyError;
  /** The head was fine and may have gone on before the fault in the body was seen; a whole request never has. */
  readonly late?: boolean;
}

/**
 * Asserts that the proxy refuses what `client` has just sent: the status and error of the table as problem+json, the
 * connection closed with nothing after the answer, and no request at the origin.
 */
export async function expectRefused(client: RawClient, origin: RecordingOrigin, refusal: Refusal = {}): Promise<void> {
  const { status = 400, error = 'http_request_error', late = false } = refusal;
  const answer = await client.readFinal();
  expectOwnAnswer(answer, status, error);
  expect(answer.head.value('connection')?.toLowerCase()).toBe('close');
  expect(answer.framing).toBe('length');
  await client.whenClosed();
  expect(client.unread.toString('latin1')).toBe('');
  expect(origin.requests.map(({ head }) => head.startLine)).toEqual([]);
  if (!late) expect(origin.restBytes).toBe(0);
}

/** What of a request must have arrived, byte for byte. */
export interface Forwarded {
  readonly method: string;
  readonly target: string;
  /** Field lines in order, framing included; without those that the proxy adds. Default: none. */
  readonly lines?: readonly string[];
  readonly body?: string;
  readonly trailers?: readonly string[];
}

/** Asserts what the origin got: these bytes, and beside them only what the proxy is documented to add, once each. */
export function expectForwarded(request: RawRequest | undefined, expected: Forwarded): void {
  const { method, target, lines = [], body = '', trailers = [] } = expected;
  expect(request?.head.startLine).toBe(`${method} ${target} HTTP/1.1`);
  if (request === undefined) return;
  const framing = (line: string) => /^transfer-encoding:/i.test(line);
  const kept = request.head.lines.filter((line) => !ADDED.test(line));
  expect(kept.filter((line) => !framing(line))).toEqual(lines.filter((line) => !framing(line)));
  expect(kept.some(framing), 'Transfer-Encoding').toBe(lines.some(framing));
  for (const name of ['via', 'forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto']) {
    expect(request.head.values(name), name).toHaveLength(1);
  }
  expect(request.body.toString('latin1')).toBe(body);
  expect(request.trailers).toEqual(trailers);
  for (const line of request.chunkSizeLines) expect(line).not.toContain(';');
}

/**
 * Asserts that the connection is as good as new: the next request on it is answered, and the origin got exactly it
 * beside the `before` requests of earlier.
 */
export async function expectNextClean(client: RawClient, origin: RecordingOrigin, before: number): Promise<void> {
  const answer = await client.ask('GET /svc/next HTTP/1.1\r\nHost: localhost\r\n\r\n');
  expect(answer.status, answer.body.toString()).toBe(200);
  expect(answer.body.toString('latin1')).toBe('ok');
  expect(client.unread.toString('latin1')).toBe('');
  expect(origin.malformed).toEqual([]);
  expect(origin.requests.filter(({ target }) => target === '/next')).toHaveLength(1);
  expect(origin.requests).toHaveLength(before + 1);
  expect(origin.restBytes).toBe(0);
}
