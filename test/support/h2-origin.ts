import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type SessionOptions,
} from 'node:http2';
import type { AddressInfo } from 'node:net';

/** Answers a stream. */
export type H2Handler = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** A server that speaks nothing but HTTP/2 with prior knowledge. */
export interface H2Origin extends AsyncDisposable {
  readonly address: string;
  /** What each request said, in order. */
  readonly requests: readonly IncomingHttpHeaders[];
  /** Open sessions. */
  readonly sessions: ReadonlySet<ServerHttp2Session>;
  /** Replaces how it answers. */
  handle: H2Handler;
  /** Breaks everything off. */
  kill(): Promise<void>;
}

/** Answers 200 with the request's body. */
export const echo: H2Handler = (stream) => {
  stream.respond({ ':status': 200 });
  stream.pipe(stream);
};

/** Starts one on a free port. */
export async function startH2Origin(handle: H2Handler = echo, options: SessionOptions = {}): Promise<H2Origin> {
  const requests: IncomingHttpHeaders[] = [];
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer(options);
  const kill = async () => {
    for (const session of sessions) session.destroy();
    server.close();
  };
  const origin = { address: '', requests, sessions, handle, kill, [Symbol.asyncDispose]: kill };
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => undefined);
    session.on('close', () => sessions.delete(session));
  });
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    requests.push(headers);
    stream.on('error', () => undefined);
    origin.handle(stream, headers);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return origin;
}
