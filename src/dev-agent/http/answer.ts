import { stringify } from '../wire/json-value.ts';

/** What a route answers with. */
export interface Answer {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text or bytes to send as they are; wins over `json`. */
  readonly body?: string | Buffer;
  /** A value to send as JSON. Maps are objects, bigints integers. */
  readonly json?: unknown;
}

/** A JSON answer. */
export function json(value: unknown, headers: Readonly<Record<string, string>> = {}, status = 200): Answer {
  return { status, headers, json: value };
}

/** A plain text answer, as all of Consul's errors are. */
export function plain(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8', ...headers }, body };
}

/** 200 with nothing in it, as Consul's agent answers a change. */
export const EMPTY: Answer = { body: '' };

/** The bytes of an answer and its headers. `pretty` is `?pretty`: four spaces and a final newline. */
export function render(
  answer: Answer,
  pretty: boolean,
): { readonly headers: Record<string, string>; readonly body: string | Buffer } {
  if (answer.body !== undefined) return { headers: { Vary: 'Accept-Encoding', ...answer.headers }, body: answer.body };
  const body = stringify(answer.json, pretty ? '    ' : undefined) + (pretty ? '\n' : '');
  return { headers: { 'Content-Type': 'application/json', Vary: 'Accept-Encoding', ...answer.headers }, body };
}
