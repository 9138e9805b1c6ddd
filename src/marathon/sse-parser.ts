/** An event of a stream, as it stood there. */
export interface SseMessage {
  /** `message` where the stream names none. */
  readonly event: string;
  /** Lines joined with newlines; undefined: it was over the limit, and was skipped. */
  readonly data: string | undefined;
}

/**
 * Reads server-sent events from bytes, split anywhere (WHATWG HTML §9.2.6). Lines end with CR, LF or CRLF, one BOM at
 * the start is skipped, comments and unknown fields too; an event that the stream ends within is dropped. `id` and
 * `retry` are among the unknown: Marathon sends neither, and takes no `Last-Event-ID`.
 */
export class SseParser {
  readonly #decoder = new TextDecoder();
  readonly #maxEventChars: number;
  /** What there is of a line that has not ended. */
  #line = '';
  /** Whether that line has anything on it; also known while it is too long to be kept. */
  #lineBegun = false;
  #afterCr = false;
  #event = '';
  #data: string[] = [];
  /** Of data, and of the line begun. */
  #chars = 0;
  #tooLong = false;

  /** @param maxEventChars an event over this is skipped, and told as one without data */
  constructor(maxEventChars: number) {
    this.#maxEventChars = maxEventChars;
  }

  /** The events that these bytes complete. */
  push(bytes: Uint8Array): readonly SseMessage[] {
    const text = this.#decoder.decode(bytes, { stream: true });
    const messages: SseMessage[] = [];
    // A line feed after a carriage return, in the next bytes, ends no line of its own.
    let at = this.#afterCr && text.startsWith('\n') ? 1 : 0;
    if (text !== '') this.#afterCr = text.endsWith('\r');
    while (at < text.length) {
      const end = endOfLine(text, at);
      this.#extend(text.slice(at, end));
      if (end === text.length) break;
      const message = this.#endLine();
      if (message !== undefined) messages.push(message);
      at = end + (text.startsWith('\r\n', end) ? 2 : 1);
    }
    return messages;
  }

  #extend(part: string): void {
    if (part === '') return;
    this.#lineBegun = true;
    this.#chars += part.length;
    if (this.#chars > this.#maxEventChars) {
      this.#tooLong = true;
      this.#line = '';
      this.#data = [];
    }
    if (!this.#tooLong) this.#line += part;
  }

  #endLine(): SseMessage | undefined {
    if (!this.#lineBegun) return this.#dispatch();
    const line = this.#line;
    this.#line = '';
    this.#lineBegun = false;
    if (!this.#tooLong) this.#take(line);
    return undefined;
  }

  #take(line: string): void {
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line.startsWith(' ', colon + 1) ? colon + 2 : colon + 1);
    if (name === 'event') this.#event = value;
    else if (name === 'data') this.#data.push(value);
    // A stream of nothing but comments must not reach the limit.
    else this.#chars -= line.length;
  }

  #dispatch(): SseMessage | undefined {
    const event = this.#event === '' ? 'message' : this.#event;
    const data = this.#tooLong ? undefined : this.#data.join('\n');
    const hasData = this.#tooLong || this.#data.length > 0;
    this.#event = '';
    this.#data = [];
    this.#chars = 0;
    this.#tooLong = false;
    return hasData ? { event, data } : undefined;
  }
}

/** Index of the next CR or LF, or the text's length. */
function endOfLine(text: string, from: number): number {
  const lf = text.indexOf('\n', from);
  const end = lf < 0 ? text.length : lf;
  const cr = text.slice(from, end).indexOf('\r');
  return cr < 0 ? end : from + cr;
}
