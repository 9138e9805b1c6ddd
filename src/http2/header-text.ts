import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';

/** What HTTP/1.1 needs a field for and HTTP/2 has frames for: never in a message of HTTP/2 (RFC 9113 §8.2.2). */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);
/** Nothing that could end a line of HTTP/1.1. */
const LINE_BREAKING = /[\r\n\0]/;

/** How a request came: what {@link requestText} needs to know besides its fields. */
export interface RequestTextOptions {
  /** Nothing follows the fields. */
  readonly isWhole: boolean;
}

/**
 * A request's fields as the head that HTTP/1.1 would have for it (RFC 9113 §8.3.1), so that one parser and one set of
 * rules judge both. A body whose length is not told becomes a chunked one. Undefined when the fields are no request.
 * @param raw names and values in turn, pseudo-fields first, as node:http2 gives them
 */
export function requestText(raw: readonly string[], { isWhole }: RequestTextOptions): string | undefined {
  const pseudo = new Map<string, string>();
  let lines = '';
  let cookies = '';
  let host: string | undefined;
  let hasLength = false;
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] as string;
    const value = raw[at + 1] as string;
    if (LINE_BREAKING.test(value) || CONNECTION_FIELDS.has(name)) return undefined;
    if (name.charCodeAt(0) === 0x3a) {
      if (pseudo.has(name) || lines !== '') return undefined;
      pseudo.set(name, value);
    } else if (name === 'host') {
      if (host !== undefined) return undefined;
      host = value;
    } else if (name === 'cookie') {
      // One field in HTTP/1.1, whatever it was split into for compression (RFC 9113 §8.2.3).
      cookies = cookies === '' ? value : `${cookies}; ${value}`;
    } else {
      if (name === 'content-length') hasLength = true;
      lines += `${name}: ${value}\r\n`;
    }
  }
  const line = requestLine(pseudo, host);
  if (line === undefined) return undefined;
  if (cookies !== '') lines += `cookie: ${cookies}\r\n`;
  if (!isWhole && !hasLength) lines += 'transfer-encoding: chunked\r\n';
  return `${line}${lines}\r\n`;
}

function requestLine(pseudo: ReadonlyMap<string, string>, host: string | undefined): string | undefined {
  const method = pseudo.get(':method');
  const authority = pseudo.get(':authority') ?? host;
  if (method === undefined || authority === undefined || LINE_BREAKING.test(method)) return undefined;
  if (host !== undefined && host.toLowerCase() !== authority.toLowerCase()) return undefined;
  const path = method === 'CONNECT' ? '/' : pseudo.get(':path');
  if (path === undefined || !(path.startsWith('/') || (path === '*' && method === 'OPTIONS'))) return undefined;
  return `${method} ${path} HTTP/1.1\r\nhost: ${authority}\r\n`;
}

/** The fields of a request to send, from the head that HTTP/1.1 would have for it. */
export function requestHeaders(text: string, scheme: 'http' | 'https'): OutgoingHttpHeaders {
  const lineEnd = text.indexOf('\r\n');
  const [method = '', path = ''] = text.slice(0, lineEnd).split(' ');
  const headers: OutgoingHttpHeaders = { ':method': method, ':path': path, ':scheme': scheme, ':authority': '' };
  addLines(headers, text, lineEnd + 2);
  return headers;
}

/** The fields of an answer to send, from the head that HTTP/1.1 would have for it. */
export function responseHeaders(text: string): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { ':status': Number(text.slice(9, 12)) };
  addLines(headers, text, text.indexOf('\r\n') + 2);
  return headers;
}

/** The fields of trailers to send, from lines as HTTP/1.1 has them. */
export function trailerHeaders(lines: string): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {};
  addLines(headers, lines, 0);
  return headers;
}

/** The fields of an answer to pass on: without pseudo-fields but `:status`, and without those for the connection. */
export function relayedHeaders(raw: readonly string[], status: number | undefined): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = status === undefined ? {} : { ':status': status };
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] as string;
    if (name.charCodeAt(0) === 0x3a || isForProxy(name)) continue;
    add(headers, name, raw[at + 1] as string);
  }
  return headers;
}

/** The lines that HTTP/1.1 would have for the fields of an answer or of trailers, those for the connection left out. */
export function fieldLines(raw: readonly string[]): string {
  let lines = '';
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] as string;
    const value = raw[at + 1] as string;
    if (name.charCodeAt(0) === 0x3a || isForProxy(name) || LINE_BREAKING.test(value)) continue;
    lines += `${name}: ${value}\r\n`;
  }
  return lines;
}

/** What the fields of a message come to: names, values, and 32 bytes more for each (RFC 9113 §10.5.1). */
export function headSize(raw: readonly string[]): number {
  let size = raw.length * 16;
  for (const text of raw) size += text.length;
  return size;
}

/** The one value of a field; undefined when it is absent. */
export function headerText(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

function isForProxy(name: string): boolean {
  return CONNECTION_FIELDS.has(name) || name === 'proxy-authenticate' || name === 'te';
}

function addLines(headers: OutgoingHttpHeaders, text: string, from: number): void {
  let at = from;
  for (;;) {
    const end = text.indexOf('\r\n', at);
    if (end <= at) return;
    const colon = text.indexOf(':', at);
    const name = text.slice(at, colon).toLowerCase();
    const value = text.slice(colon + 1, end).trim();
    at = end + 2;
    if (name === 'host') headers[':authority'] = value;
    else if (!CONNECTION_FIELDS.has(name)) add(headers, name, value);
  }
}

function add(headers: OutgoingHttpHeaders, name: string, value: string): void {
  const before = headers[name];
  if (before === undefined) headers[name] = value;
  else if (Array.isArray(before)) before.push(value);
  else headers[name] = [String(before), value];
}
