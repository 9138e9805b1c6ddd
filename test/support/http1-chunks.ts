import { ChunkedDecoder } from '../../src/http1/chunked-decoder.ts';
import { REFUSED } from '../../src/http1/field-block.ts';

/** What came out of a {@link ChunkedDecoder}. */
export interface DecodedChunks {
  /** What is passed on to a peer that takes chunks. */
  readonly passed: string;
  readonly content: string;
  /** `whole`, `incomplete` or `refused`. */
  readonly end: 'whole' | 'incomplete' | 'refused';
  /** Bytes after the body. */
  readonly rest: string;
}

/** Decodes `text`, given to the decoder in pieces that end at `cuts`. */
export function decodeChunks(text: string, cuts: readonly number[] = []): DecodedChunks {
  const decoder = new ChunkedDecoder();
  let passed = '';
  let content = '';
  const sink = {
    chunkedBytes: (bytes: Buffer, start: number, end: number) => {
      passed += bytes.toString('latin1', start, end);
    },
    chunkedText: (added: string) => {
      passed += added;
    },
    contentBytes: (bytes: Buffer, start: number, end: number) => {
      content += bytes.toString('latin1', start, end);
    },
  };
  const places = [...new Set([...cuts, text.length])].filter((cut) => cut <= text.length).sort((a, b) => a - b);
  let from = 0;
  for (const to of places) {
    // Each piece is overwritten after it was read, as in a shared buffer.
    const piece = Buffer.from(`<${text.slice(from, to)}>`, 'latin1');
    const after = decoder.read(piece, 1, piece.length - 1, sink);
    if (after === REFUSED) return { passed, content, end: 'refused', rest: '' };
    if (after >= 0) return { passed, content, end: 'whole', rest: text.slice(from + after - 1) };
    piece.fill(0);
    from = to;
  }
  return { passed, content, end: 'incomplete', rest: '' };
}
