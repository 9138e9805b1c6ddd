import { COLON, CR, FIELD_VALUE, HTAB, LF, latin1, SP, TOKEN_FOLDED } from './bytes.ts';
import { Field, type FieldId, fieldAt } from './field.ts';
import { WireFault } from './wire-fault.ts';

/** What a scan returns when the bytes end before the section does. */
export const INCOMPLETE = -1;
/** What a scan returns when the bytes break a rule; the block's `fault` says which. */
export const REFUSED = -2;

const NAME: WireFault = new WireFault('malformed', 'a field name is empty or has a character that no token may have');
const VALUE: WireFault = new WireFault('malformed', 'a field value has a control character');
const LINE_END: WireFault = new WireFault('malformed', 'a line ends in a bare CR or LF');
const TOO_MANY: WireFault = new WireFault('head_too_large', 'there are too many fields');

const requestFields = new Map<number, FieldBlock>();
const responseFields = new Map<number, FieldBlock>();

/**
 * The block that all heads of one kind with this limit are scanned into. Whoever reads a head takes what it needs of its
 * places before it returns, as it must anyway, because the bytes they refer to are shared too; a block for each
 * connection would be six allocations outside the heap.
 */
export function sharedFields(kind: 'request' | 'response', maxFields: number): FieldBlock {
  const blocks = kind === 'request' ? requestFields : responseFields;
  const known = blocks.get(maxFields);
  if (known !== undefined) return known;
  const made = new FieldBlock(maxFields);
  blocks.set(maxFields, made);
  return made;
}

/**
 * The fields of a head or of trailers, as places in the bytes they came in: one scan, no object per field, and valid
 * only until the next scan or until the bytes change. Accepts RFC 9112 §5 and nothing beside it: no folding, no space
 * before the colon, no bare CR or LF.
 */
export class FieldBlock {
  /** Fields found by the last complete scan. */
  count = 0;
  /** Where each line starts (its name's first byte). */
  readonly starts: Int32Array;
  /** Where each name ends (the colon). */
  readonly nameEnds: Int32Array;
  /** Where each value starts, after white space. */
  readonly valueStarts: Int32Array;
  /** Where each value ends, before white space. */
  readonly valueEnds: Int32Array;
  /** Where the line after each field starts. */
  readonly lineEnds: Int32Array;
  /** What each field is. */
  readonly ids: Uint8Array;
  /** Where the last scan began. */
  firstLine = 0;
  /** How many fields have an id other than `OTHER`. */
  known = 0;
  fault: WireFault = NAME;

  /** @param maxFields more are refused, never dropped */
  constructor(maxFields: number) {
    this.starts = new Int32Array(maxFields);
    this.nameEnds = new Int32Array(maxFields);
    this.valueStarts = new Int32Array(maxFields);
    this.valueEnds = new Int32Array(maxFields);
    this.lineEnds = new Int32Array(maxFields);
    this.ids = new Uint8Array(maxFields);
  }

  /** Scans from the first field line to the empty line; returns the place after it, {@link INCOMPLETE} or {@link REFUSED}. */
  scan(bytes: Uint8Array, from: number, end: number): number {
    this.count = 0;
    this.known = 0;
    this.firstLine = from;
    let at = from;
    for (;;) {
      if (at >= end) return INCOMPLETE;
      if (bytes[at] === CR) {
        if (at + 1 >= end) return INCOMPLETE;
        return bytes[at + 1] === LF ? at + 2 : this.#refuse(LINE_END);
      }
      at = this.#scanLine(bytes, at, end);
      if (at < 0) return at;
    }
  }

  /** The name of field `index` in lower case. */
  name(bytes: Buffer, index: number): string {
    return latin1(bytes, this.starts[index] as number, this.nameEnds[index] as number).toLowerCase();
  }

  /** The value of field `index` as text, a byte a character. */
  value(bytes: Buffer, index: number): string {
    return latin1(bytes, this.valueStarts[index] as number, this.valueEnds[index] as number);
  }

  /**
   * The lines of all fields but those that `drop` marks by id or `nominated` names, in order and as they came: one slice
   * for each run of neighbours that stay.
   * @param from start of what stands right before the first field and is to be kept with it; -1 = nothing
   */
  kept(bytes: Buffer, drop: Uint8Array, nominated: readonly string[] | undefined, from = -1): string {
    let text = '';
    let runStart = from;
    for (let index = 0; index < this.count; index++) {
      const id = this.ids[index] as FieldId;
      if (drop[id] === 1 || (nominated !== undefined && this.#isNominated(bytes, index, nominated))) {
        if (runStart >= 0) text += latin1(bytes, runStart, this.starts[index] as number);
        runStart = -1;
      } else if (runStart < 0) {
        runStart = this.starts[index] as number;
      }
    }
    if (runStart < 0) return text;
    const end = this.count === 0 ? this.firstLine : (this.lineEnds[this.count - 1] as number);
    return text + latin1(bytes, runStart, end);
  }

  /** A nomination never touches what frames or routes the message. */
  #isNominated(bytes: Buffer, index: number, nominated: readonly string[]): boolean {
    const id = this.ids[index] as FieldId;
    if (id === Field.HOST || id === Field.CONTENT_LENGTH || id === Field.TRANSFER_ENCODING) return false;
    return nominated.includes(this.name(bytes, index));
  }

  #scanLine(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && TOKEN_FOLDED[bytes[at] as number] !== 0) at++;
    if (at >= end) return INCOMPLETE;
    if (bytes[at] !== COLON || at === start) return this.#refuse(bytes[at] === LF ? LINE_END : NAME);
    const nameEnd = at++;
    while (at < end && (bytes[at] === SP || bytes[at] === HTAB)) at++;
    const valueStart = at;
    while (at < end && FIELD_VALUE[bytes[at] as number] === 1) at++;
    if (at >= end) return INCOMPLETE;
    if (bytes[at] !== CR) return this.#refuse(bytes[at] === LF ? LINE_END : VALUE);
    if (at + 1 >= end) return INCOMPLETE;
    if (bytes[at + 1] !== LF) return this.#refuse(LINE_END);
    let valueEnd = at;
    while (valueEnd > valueStart && (bytes[valueEnd - 1] === SP || bytes[valueEnd - 1] === HTAB)) valueEnd--;
    const index = this.count;
    if (index === this.ids.length) return this.#refuse(TOO_MANY);
    let id: FieldId = fieldAt(bytes, start, nameEnd);
    if (id !== Field.OTHER && hasUnderscore(bytes, start, nameEnd)) id = Field.LOOK_ALIKE;
    if (id !== Field.OTHER) this.known++;
    this.ids[index] = id;
    this.starts[index] = start;
    this.nameEnds[index] = nameEnd;
    this.valueStarts[index] = valueStart;
    this.valueEnds[index] = valueEnd;
    this.lineEnds[index] = at + 2;
    this.count = index + 1;
    return at + 2;
  }

  #refuse(fault: WireFault): number {
    this.fault = fault;
    return REFUSED;
  }
}

function hasUnderscore(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === 0x5f) return true;
  return false;
}
