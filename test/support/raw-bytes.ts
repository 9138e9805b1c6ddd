/** What a raw test sends: a string is taken byte by byte (latin1), so `'\xff'` is one byte. */
export type RawBytes = string | Buffer;

/** The bytes that `raw` stands for. */
export function toBytes(raw: RawBytes): Buffer {
  return typeof raw === 'string' ? Buffer.from(raw, 'latin1') : raw;
}

/** Names of header fields are tokens (RFC 9110 §5.6.2). */
const FIELD_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*$/;

/**
 * A head (start line and field lines, without the empty line), taken apart as strictly as it can be.
 * @throws on anything that RFC 9112 forbids a sender to send
 */
export class RawHead {
  readonly startLine: string;
  /** Field lines as they came, in order. */
  readonly lines: readonly string[];

  constructor(head: string) {
    const [startLine = '', ...lines] = head.split('\r\n');
    for (const line of [startLine, ...lines]) {
      if (/[\r\n\0]/.test(line)) throw new Error(`a bare CR, LF or NUL in the line ${JSON.stringify(line)}`);
    }
    for (const line of lines) {
      if (!FIELD_LINE.test(line)) throw new Error(`not a field line: ${JSON.stringify(line)}`);
    }
    this.startLine = startLine;
    this.lines = lines;
  }

  /** The values of a field, in order, without the blanks around them. */
  values(name: string): string[] {
    const prefix = `${name.toLowerCase()}:`;
    return this.lines
      .filter((line) => line.toLowerCase().startsWith(prefix))
      .map((line) => line.slice(prefix.length).trim());
  }

  /** The value of a field that comes once; undefined if it does not come. */
  value(name: string): string | undefined {
    const values = this.values(name);
    if (values.length > 1) throw new Error(`${name} comes ${values.length} times: ${values.join(' | ')}`);
    return values[0];
  }
}

/** How a message says where its body ends: undefined when neither field is there. */
export type StatedLength = { readonly kind: 'length'; readonly length: number } | { readonly kind: 'chunked' };

/**
 * Reads Content-Length and Transfer-Encoding.
 * @throws if both are there, one comes twice, or a value is not exactly what a strict sender writes
 */
export function statedLength(head: RawHead): StatedLength | undefined {
  const length = head.value('content-length');
  const coding = head.value('transfer-encoding');
  if (length !== undefined && coding !== undefined) throw new Error('Content-Length and Transfer-Encoding');
  if (coding !== undefined) {
    if (coding.toLowerCase() !== 'chunked') throw new Error(`Transfer-Encoding: ${coding}`);
    return { kind: 'chunked' };
  }
  if (length === undefined) return undefined;
  if (!/^\d{1,15}$/.test(length)) throw new Error(`Content-Length: ${length}`);
  return { kind: 'length', length: Number(length) };
}

/** A chunked body, taken apart. */
export interface RawChunks {
  readonly body: Buffer;
  /** The size lines as they came, extensions included. */
  readonly sizeLines: readonly string[];
  readonly trailers: readonly string[];
  /** Where in the bytes it ends. */
  readonly end: number;
}

/**
 * Reads a chunked body that begins at `start`. Returns undefined while it is not complete.
 * @throws on bad framing
 */
export function readChunks(bytes: Buffer, start: number): RawChunks | undefined {
  const parts: Buffer[] = [];
  const sizeLines: string[] = [];
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const line = bytes.toString('latin1', at, lineEnd);
    const size = /^([0-9a-fA-F]{1,13})(;[\t\x20-\x7e\x80-\xff]*)?$/.exec(line)?.[1];
    if (size === undefined) throw new Error(`not a chunk size line: ${JSON.stringify(line)}`);
    sizeLines.push(line);
    at = lineEnd + 2;
    const length = Number.parseInt(size, 16);
    if (length === 0) {
      const trailers = readTrailers(bytes, at);
      return trailers === undefined ? undefined : { body: Buffer.concat(parts), sizeLines, ...trailers };
    }
    if (bytes.length < at + length + 2) return undefined;
    parts.push(bytes.subarray(at, at + length));
    if (bytes.toString('latin1', at + length, at + length + 2) !== '\r\n') throw new Error('a chunk without its CRLF');
    at += length + 2;
  }
}

function readTrailers(bytes: Buffer, start: number): { trailers: readonly string[]; end: number } | undefined {
  if (bytes.toString('latin1', start, start + 2) === '\r\n') return { trailers: [], end: start + 2 };
  const end = bytes.indexOf('\r\n\r\n', start);
  if (end < 0) return undefined;
  const { lines } = new RawHead(`trailers\r\n${bytes.toString('latin1', start, end)}`);
  return { trailers: lines, end: end + 4 };
}
