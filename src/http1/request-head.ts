import { CR, LF, latin1, NO_BYTES, SP, TARGET, TOKEN_FOLDED } from './bytes.ts';
import { Field } from './field.ts';
import { type FieldBlock, INCOMPLETE, REFUSED, sharedFields } from './field-block.ts';
import { contentLength, isWord, listHas, nominated } from './framing.ts';
import { METHODS, Method, methodIndexAt } from './method.ts';
import { WireFault } from './wire-fault.ts';

/** Sizes beyond which a head is refused. */
export interface HeadLimits {
  /** Request line or status line and all fields. */
  readonly headBytes: number;
  /** Number of fields. */
  readonly fields: number;
  /** Request target. */
  readonly targetBytes: number;
}

const METHOD = new WireFault('malformed', 'the method is empty or not a token');
const TARGET_BYTES = new WireFault('malformed', 'the target is empty or has a byte that must be percent-encoded');
const VERSION = new WireFault('malformed', 'the request line does not end in HTTP/1.1 or HTTP/1.0');
const TOO_LONG = new WireFault('target_too_long', 'the target is too long');
const LENGTHS = new WireFault('malformed', 'Content-Length is not one plain number');
const CODING = new WireFault('malformed', 'Transfer-Encoding is not exactly "chunked", once, on HTTP/1.1');
const NOMINATED = new WireFault('malformed', 'Connection has a member that is not a token');
const BOTH = new WireFault('malformed', 'Content-Length and Transfer-Encoding contradict each other');
const HOSTS = new WireFault('malformed', 'Host must be there exactly once');
const EXPECTATION = new WireFault('malformed', 'Expect is not 100-continue');

/**
 * A request's head, read strictly from bytes into places and a few numbers; one is reused for all requests of a
 * connection, so it is valid until the next `parse`, and its places only until a head is read on any connection.
 */
export class RequestHead {
  readonly fields: FieldBlock;
  readonly #targetBytes: number;
  /** The bytes that the places refer to. */
  bytes: Buffer = NO_BYTES;
  method = '';
  /** Index into {@link METHODS}. */
  methodIndex: number = Method.OTHER;
  /** The target as it came, a byte a character. */
  target = '';
  /** 1 for HTTP/1.1, 0 for HTTP/1.0. */
  minorVersion = 1;
  /** `none`, `length` or `chunked`; a request is never delimited by close. */
  framing: 'none' | 'length' | 'chunked' = 'none';
  contentLength = 0;
  /** The caller wants the connection kept (RFC 9112 §9.3). */
  keepAlive = true;
  expectsContinue = false;
  /** `Upgrade: websocket` nominated by Connection, on a GET. */
  upgradesToWebSocket = false;
  /** `TE: trailers`. */
  takesTrailers = false;
  /** Names in Connection, lower case; undefined when there is no Connection field. */
  nominated: readonly string[] | undefined = undefined;
  /** Place of the field among the fields; -1 = absent. The first, where there are several. */
  host = -1;
  origin = -1;
  secFetchSite = -1;
  via = -1;
  /** A field of trace context (W3C or B3) has come. */
  isTraced = false;
  idempotencyKey = -1;
  fault: WireFault = METHOD;

  constructor(limits: HeadLimits) {
    this.fields = sharedFields('request', limits.fields);
    this.#targetBytes = limits.targetBytes;
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
    this.#reset();
    const fault = this.fields.known === 0 ? undefined : this.#readFields(bytes);
    if (fault !== undefined) return this.#refuse(fault);
    if (this.host < 0 && this.minorVersion === 1) return this.#refuse(HOSTS);
    return afterFields;
  }

  /** The value of the first field with place `index`; undefined for -1. */
  text(index: number): string | undefined {
    return index < 0 ? undefined : this.fields.value(this.bytes, index);
  }

  /** Whether the value of the field with place `index` is `text`, without making a string of it. */
  is(index: number, text: string): boolean {
    const start = this.fields.valueStarts[index] as number;
    const length = (this.fields.valueEnds[index] as number) - start;
    if (length !== text.length) return false;
    for (let at = 0; at < length; at++) if (this.bytes[start + at] !== text.charCodeAt(at)) return false;
    return true;
  }

  #parseLine(bytes: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end && TOKEN_FOLDED[bytes[at] as number] !== 0) at++;
    if (at - start > 64) return this.#refuse(METHOD);
    if (at >= end) return INCOMPLETE;
    if (bytes[at] !== SP || at === start) return this.#refuse(METHOD);
    const methodEnd = at++;
    const targetStart = at;
    while (at < end && TARGET[bytes[at] as number] === 1) at++;
    const targetEnd = at;
    if (targetEnd - targetStart > this.#targetBytes) return this.#refuse(TOO_LONG);
    if (at >= end) return INCOMPLETE;
    if (bytes[at] !== SP || targetEnd === targetStart) return this.#refuse(TARGET_BYTES);
    if (at + 11 > end) return this.#isVersionSoFar(bytes, at + 1, end) ? INCOMPLETE : this.#refuse(VERSION);
    if (!this.#isVersionSoFar(bytes, at + 1, at + 11)) return this.#refuse(VERSION);
    this.minorVersion = (bytes[at + 8] as number) - 0x30;
    this.methodIndex = methodIndexAt(bytes, start, methodEnd);
    this.method =
      this.methodIndex === Method.OTHER ? latin1(bytes, start, methodEnd) : (METHODS[this.methodIndex] as string);
    this.target = latin1(bytes, targetStart, targetEnd);
    return at + 11;
  }

  #isVersionSoFar(bytes: Buffer, start: number, end: number): boolean {
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number;
      const expected = VERSION_LINE[at - start] as number;
      if (byte !== expected && !(at - start === 7 && byte === 0x30)) return false;
    }
    return true;
  }

  #reset(): void {
    this.framing = 'none';
    this.contentLength = 0;
    this.keepAlive = this.minorVersion === 1;
    this.expectsContinue = false;
    this.upgradesToWebSocket = false;
    this.takesTrailers = false;
    this.nominated = undefined;
    this.host = -1;
    this.origin = -1;
    this.secFetchSite = -1;
    this.isTraced = false;
    this.via = -1;
    this.idempotencyKey = -1;
  }

  /** Reads the fields that mean something here; only then, whatever their order, decides what they mean together. */
  #readFields(bytes: Buffer): WireFault | undefined {
    let lengths = 0;
    let codings = 0;
    let saysKeepAlive = false;
    let saysClose = false;
    let wantsWebSocket = false;
    const { ids, valueStarts, valueEnds, count } = this.fields;
    for (let index = 0; index < count; index++) {
      const id = ids[index] as number;
      if (id === Field.OTHER) continue;
      const start = valueStarts[index] as number;
      const end = valueEnds[index] as number;
      if (id === Field.HOST) {
        if (this.host >= 0) return HOSTS;
        this.host = index;
      } else if (id === Field.CONTENT_LENGTH) {
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
      } else if (id === Field.EXPECT) {
        if (!isWord(bytes, start, end, '100-continue')) return EXPECTATION;
        this.expectsContinue = this.minorVersion === 1;
      } else if (id === Field.UPGRADE) {
        wantsWebSocket = isWord(bytes, start, end, 'websocket');
      } else if (id === Field.TE) {
        this.takesTrailers = listHas(bytes, start, end, 'trailers');
      } else {
        this.#place(id, index);
      }
    }
    if (lengths > 0 && codings > 0) return BOTH;
    if (codings > 0) this.framing = 'chunked';
    else if (lengths > 0 && this.contentLength > 0) this.framing = 'length';
    if (saysKeepAlive) this.keepAlive = true;
    if (this.nominated !== undefined) this.#applyConnection(this.nominated, wantsWebSocket);
    if (saysClose) this.keepAlive = false;
    return undefined;
  }

  #place(id: number, index: number): void {
    if (id === Field.ORIGIN && this.origin < 0) this.origin = index;
    else if (id === Field.SEC_FETCH_SITE && this.secFetchSite < 0) this.secFetchSite = index;
    else if (id === Field.VIA && this.via < 0) this.via = index;
    else if (id === Field.TRACEPARENT || id >= Field.TRACESTATE) this.isTraced = true;
    else if (id === Field.IDEMPOTENCY_KEY && this.idempotencyKey < 0) this.idempotencyKey = index;
  }

  #applyConnection(names: readonly string[], wantsWebSocket: boolean): void {
    if (names.includes('close')) this.keepAlive = false;
    else if (names.includes('keep-alive')) this.keepAlive = true;
    this.upgradesToWebSocket =
      wantsWebSocket && names.includes('upgrade') && this.methodIndex === Method.GET && this.minorVersion === 1;
  }

  #refuse(fault: WireFault): number {
    this.fault = fault;
    return REFUSED;
  }
}

const VERSION_LINE: Uint8Array = Buffer.from(`HTTP/1.1${String.fromCharCode(CR, LF)}`, 'latin1');
