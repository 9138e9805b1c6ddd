import { type ClientHttp2Session, type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from 'node:http2';

/** An answer over HTTP/2. */
export interface H2TestAnswer {
  /** Undefined: the stream ended without an answer. */
  readonly status: number | undefined;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  readonly trailers: ReadonlyMap<string, string>;
  /** What the stream was reset with; 0 = it was not. */
  readonly resetCode: number;
}

/** A client session to the proxy at `port` that closes itself with `using`. */
export function h2Client(port: number): ClientHttp2Session & Disposable {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on('error', () => undefined);
  return Object.assign(session, { [Symbol.dispose]: () => session.destroy() });
}

/** Waits until a request's stream has closed; returns all that came. */
export async function answerOf(stream: ClientHttp2Stream): Promise<H2TestAnswer> {
  let status: number | undefined;
  let headers = new Map<string, string>();
  let trailers = new Map<string, string>();
  const pieces: Buffer[] = [];
  stream.on('error', () => undefined);
  stream.on('response', (fields) => {
    status = Number(fields[':status']);
    headers = textsOf(fields);
  });
  stream.on('trailers', (fields) => {
    trailers = textsOf(fields);
  });
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  if (!stream.closed) await new Promise((resolve) => stream.once('close', resolve));
  return { status, headers, body: Buffer.concat(pieces), trailers, resetCode: stream.rstCode ?? 0 };
}

/** Makes a request and waits for all of its answer. */
export function ask(session: ClientHttp2Session, headers: OutgoingHttpHeaders, body?: Buffer): Promise<H2TestAnswer> {
  const stream = session.request(headers, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  return answerOf(stream);
}

function textsOf(fields: Readonly<Record<string, unknown>>): Map<string, string> {
  return new Map(Object.entries(fields).map(([name, value]) => [name, [value].flat().join(', ')]));
}
