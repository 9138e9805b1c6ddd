import { RawHead, readChunks, statedLength } from './raw-bytes.ts';

/** An answer as it stood on the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly head: RawHead;
  /** How its body ended: `none` if such an answer has no body. */
  readonly framing: 'none' | 'length' | 'chunked' | 'close';
  readonly body: Buffer;
  readonly chunkSizeLines: readonly string[];
  readonly trailers: readonly string[];
  /** Bytes that it took, head included. */
  readonly size: number;
}

/** What has to be known beside the bytes to find the end of an answer. */
export interface ReadAnswerOptions {
  /** The method that it answers: HEAD has no body, CONNECT is not supported. */
  readonly method: string;
  /** Whether the sender has closed: then a body without a stated length is complete. */
  readonly ended: boolean;
}

/**
 * Takes the first answer off `bytes`, as strictly as RFC 9112 allows. Returns undefined while it is not complete.
 * @throws on anything that a strict client would not accept
 */
export function readAnswer(bytes: Buffer, { method, ended }: ReadAnswerOptions): RawAnswer | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = new RawHead(bytes.toString('latin1', 0, headEnd));
  const status = Number(/^HTTP\/1\.1 ([1-5]\d\d) [\t\x20-\x7e\x80-\xff]*$/.exec(head.startLine)?.[1]);
  if (Number.isNaN(status)) throw new Error(`not a status line: ${JSON.stringify(head.startLine)}`);
  const start = headEnd + 4;
  const made = (parts: Pick<RawAnswer, 'framing' | 'body' | 'size'> & Partial<RawAnswer>): RawAnswer => ({
    status,
    head,
    chunkSizeLines: [],
    trailers: [],
    ...parts,
  });
  const stated = statedLength(head);
  if (status < 200 || status === 204) {
    if (stated !== undefined) throw new Error(`a ${status} with ${stated.kind}`);
    return made({ framing: 'none', body: Buffer.alloc(0), size: start });
  }
  if (method === 'HEAD' || status === 304) return made({ framing: 'none', body: Buffer.alloc(0), size: start });
  if (stated?.kind === 'chunked') {
    const chunks = readChunks(bytes, start);
    if (chunks === undefined) return undefined;
    const { body, sizeLines, trailers, end } = chunks;
    return made({ framing: 'chunked', body, chunkSizeLines: sizeLines, trailers, size: end });
  }
  if (stated !== undefined) {
    const end = start + stated.length;
    if (bytes.length < end) return undefined;
    return made({ framing: 'length', body: bytes.subarray(start, end), size: end });
  }
  return ended ? made({ framing: 'close', body: bytes.subarray(start), size: bytes.length }) : undefined;
}
