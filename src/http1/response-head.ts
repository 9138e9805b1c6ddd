import { CR, FIELD_VALUE, LF, latin1, NO_BYTES, SP } from './bytes.ts';
import { Field } from './field.ts';
import { type FieldBlock, INCOMPLETE, REFUSED, sharedFields } from './field-block.ts';
import { contentLength, type Framing, isWord, nominated } from './framing.ts';
import type { HeadLimits } from './request-head.ts';
import { WireFault } from './wire-fault.ts';

const STATUS_LINE = new WireFault('malformed', 'the status line is not HTTP/1.x with a status from 100 to 599');
const LENGTHS = new WireFault('malformed', 'Content-Length is not one plain number');
const CODING = new WireFault('malformed', 'Transfer-Encoding is not exactly "chunked", once, on HTTP/1.1');
const NOMINATED = new WireFault('malformed', 'Connection has a member that is not a token');
const BOTH = new WireFault('malformed', 'Content-Length and Transfer-Encoding contradict each other');

/** An answer's head, read as strictly as a request's; one is reused for all answers of a connection. */
export class ResponseHead {
  readonly fields: FieldBlock;
  /** The bytes that the places refer to. */
  bytes: Buffer = NO_BYTES;
  status = 0;
  minorVersion = 1;
  /** How the body ends, as the fields say; what the method and the status say is added by `bodyFraming`. */
  framing: Framing = 'close';
  contentLength = 0;
  keepAlive = true;
  upgradesToWebSocket = false;
  /** Seconds that the origin keeps an idle connection, as its Keep-Alive field says; -1 = unsaid. */
  keepAliveSeconds = -1;
  nominated: readonly string[] | undefined = undefined;
  fault: WireFault = STATUS_LINE;
  #start = 0;

  constructor(limits: HeadLimits) {
    this.fields = sharedFields('response', limits.fields);
  }

  /** Reads a head from `bytes[start, end)`; returns the place after it, INCOMPLETE, or REFUSED with `fault` set. */
  parse(bytes: Buffer, start: number, end: number): number {
    const afterLine = this.#parseLine(bytes, start, end);
    if (afterLine < 0) return afterLine;
    const afterFields = this.fields.scan(bytes, afterLine, end);
    if (afterFields < 0) {
      if (afterFields === REFUSED) this.fault = this.fields.fault;
      return afterFields;
    }
    this.bytes = bytes;
    this.framing = 'close';
    this.contentLength = 0;
    this.keepAlive = this.minorVersion === 1;
    this.upgradesToWebSocket = false;
    this.keepAliveSeconds = -1;
    this.nominated = undefined;
    const fault = this.fields.known === 0 ? undefined : this.#readFields(bytes);
    return fault === undefined ? afterFields : this.#refuse(fault);
  }

  /** The status line as HTTP/1.1 has it, and all fields but those that `drop` marks or Connection nominates. */
  kept(drop: Uint8Array): string {
    if (this.minorVersion === 1) return this.fields.kept(this.bytes, drop, this.nominated, this.#start);
    const afterVersion = latin1(this.bytes, this.#start + 8, this.fields.firstLine);
    return `HTTP/1.1${afterVersion}${this.fields.kept(this.bytes, drop, this.nominated)}`;
  }

  /** How the body of this answer ends (RFC 9112 §6.3), given whether it answers a HEAD. */
  bodyFraming(toHead: boolean): Framing {
    if (toHead || this.status < 200 || this.status === 204 || this.status === 304) return 'none';
    return this.framing === 'length' && this.contentLength === 0 ? 'none' : this.framing;
  }

  #parseLine(bytes: Buffer, start: number, end: number): number {
    for (let at = start; at < start + 12; at++) {
      if (at >= end) return INCOMPLETE;
      if (!isStatusLineByte(at - start, bytes[at] as number)) return this.#refuse(STATUS_LINE);
    }
    let at = start + 12;
    while (at < end && FIELD_VALUE[bytes[at] as number] === 1) at++;
    if (at >= end) return INCOMPLETE;
    if (bytes[at] !== CR || (at > start + 12 && bytes[start + 12] !== SP)) return this.#refuse(STATUS_LINE);
    if (at + 1 >= end) return INCOMPLETE;
    if (bytes[at + 1] !== LF) return this.#refuse(STATUS_LINE);
    this.minorVersion = (bytes[start + 7] as number) - 0x30;
    this.status =
      (bytes[start + 9] as number) * 100 + (bytes[start + 10] as number) * 10 + (bytes[start + 11] as number) - 5328;
    this.#start = start;
    return at + 2;
  }

  #readFields(bytes: Buffer): WireFault | undefined {
    let lengths = 0;
    let codings = 0;
    let saysKeepAlive = false;
    let saysClose = false;
    let websocket = false;
    const { ids, valueStarts, valueEnds, count } = this.fields;
    for (let index = 0; index < count; index++) {
      const id = ids[index] as number;
      if (id === Field.OTHER) continue;
      const start = valueStarts[index] as number;
      const end = valueEnds[index] as number;
      if (id === Field.CONTENT_LENGTH) {
        if (++lengths > 1) return LENGTHS;
        this.contentLength = contentLength(bytes, start, end);
        if (this.contentLength < 0) return LENGTHS;
      } else if (id === Field.TRANSFER_ENCODING) {
        if (++codings > 1 || this.minorVersion === 0 || !isWord(bytes, start, end, 'chunked')) return CODING;
      } else if (id === Field.CONNECTION) {
        // By far the most common members name no field: they need no list.
        if (isWord(bytes, start, end, 'keep-alive')) saysKeepAlive = true;
        else if (isWord(bytes, start, end, 'close')) saysClose = true;
        else {
          const names = nominated(this.fields, bytes, index);
          if (names === undefined) return NOMINATED;
          this.nominated = this.nominated === undefined ? names : [...this.nominated, ...names];
        }
      } else if (id === Field.UPGRADE) {
        websocket = isWord(bytes, start, end, 'websocket');
      } else if (id === Field.KEEP_ALIVE) {
        const timeout = /(?:^|[ ,])timeout=(\d{1,5})(?:$|[ ,])/i.exec(this.fields.value(bytes, index));
        if (timeout !== null) this.keepAliveSeconds = Number(timeout[1]);
      }
    }
    if (lengths > 0 && codings > 0) return BOTH;
    if (codings > 0) this.framing = 'chunked';
    else if (lengths > 0) this.framing = 'length';
    if (saysKeepAlive) this.keepAlive = true;
    if (this.nominated !== undefined) {
      if (this.nominated.includes('close')) this.keepAlive = false;
      else if (this.nominated.includes('keep-alive')) this.keepAlive = true;
      this.upgradesToWebSocket = websocket && this.nominated.includes('upgrade');
    }
    if (saysClose) this.keepAlive = false;
    return undefined;
  }

  #refuse(fault: WireFault): number {
    this.fault = fault;
    return REFUSED;
  }
}

const LINE: string = 'HTTP/1.1 ';

/** `HTTP/1.` `0` or `1`, a space, and a status from 100 to 599. */
function isStatusLineByte(place: number, byte: number): boolean {
  if (place === 7) return byte === 0x31 || byte === 0x30;
  if (place < 9) return byte === LINE.charCodeAt(place);
  return place === 9 ? byte >= 0x31 && byte <= 0x35 : byte >= 0x30 && byte <= 0x39;
}
