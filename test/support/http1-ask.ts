import { type IncomingHttpHeaders, request } from 'node:http';

/** A whole answer over HTTP/1.1. */
export interface Http1Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly trailers: NodeJS.Dict<string>;
}

/** What is asked; over a connection of its own. */
export interface Http1Question {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent in these pieces, chunked unless the headers say otherwise. */
  readonly pieces?: readonly Buffer[];
  readonly trailers?: Readonly<Record<string, string>>;
}

/** Asks over HTTP/1.1; rejects if the answer is not whole. */
export function ask1(port: number, { pieces = [], trailers, ...question }: Http1Question): Promise<Http1Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, agent: false, ...question }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          body: Buffer.concat(parts),
          trailers: answer.trailers,
        }),
      );
    });
    asked.on('error', reject);
    for (const piece of pieces) asked.write(piece);
    if (trailers !== undefined) asked.addTrailers(trailers);
    asked.end();
  });
}
