import { RawHead, readChunks, statedLength } from './raw-bytes.ts';

/** A request as an origin got it. */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  readonly head: RawHead;
  /** Without the chunk framing. */
  readonly body: Buffer;
  readonly chunked: boolean;
  readonly chunkSizeLines: readonly string[];
  readonly trailers: readonly string[];
  /** Bytes that it took, head included. */
  readonly size: number;
}

/**
 * The head of the request that `bytes` begin with; undefined while it is not complete.
 * @throws on anything that a strict server would refuse
 */
export function readRequestHead(
  bytes: Buffer,
): { method: string; target: string; head: RawHead; size: number } | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = new RawHead(bytes.toString('latin1', 0, headEnd));
  const [, method, target] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e]+) HTTP\/1\.1$/.exec(head.startLine) ?? [];
  if (method === undefined || target === undefined) throw new Error(`not a request line: ${head.startLine}`);
  if (head.value('host') === undefined) throw new Error('a request without Host');
  return { method, target, head, size: headEnd + 4 };
}

/**
 * Takes the first request off `bytes`; undefined while it is not complete.
 * @throws on anything that a strict server would refuse
 */
export function readRequest(bytes: Buffer): RawRequest | undefined {
  const read = readRequestHead(bytes);
  if (read === undefined) return undefined;
  const stated = statedLength(read.head);
  if (stated?.kind === 'chunked') {
    const chunks = readChunks(bytes, read.size);
    if (chunks === undefined) return undefined;
    const { body, sizeLines, trailers, end } = chunks;
    return { ...read, body, chunked: true, chunkSizeLines: sizeLines, trailers, size: end };
  }
  const end = read.size + (stated?.length ?? 0);
  if (bytes.length < end) return undefined;
  return { ...read, body: bytes.subarray(read.size, end), chunked: false, chunkSizeLines: [], trailers: [], size: end };
}
