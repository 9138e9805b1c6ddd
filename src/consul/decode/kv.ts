import {
  type Decoder,
  decodeNumber,
  decodeObject,
  decodeString,
  decodeStrings,
  decodeUint64,
  expected,
  field,
  fieldOr,
  optionalField,
} from './decoder.ts';

/** A key with its value. */
export interface KvEntry {
  readonly key: string;
  readonly value: Buffer;
  /** Any number up to 2^64-1 that a client wants to keep beside the value. */
  readonly flags: bigint;
  readonly createIndex: number;
  /** For check-and-set. */
  readonly modifyIndex: number;
  /** How often a lock on it was taken. */
  readonly lockIndex: number;
  /** The session that holds a lock on it. */
  readonly session: string | undefined;
}

const decodeBase64: Decoder<Buffer> = (value) => {
  const text = decodeString(value);
  // Buffer skips what is not base64; a value must not be changed without a word.
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw expected('base64', value);
  return Buffer.from(text, 'base64');
};

const EMPTY: Buffer = Buffer.alloc(0);

/** An entry of `/v1/kv`; an empty value is `null` there. */
export const decodeKvEntry: Decoder<KvEntry> = (value) => {
  const object = decodeObject(value);
  return {
    key: field(object, 'Key', decodeString),
    value: fieldOr(object, 'Value', decodeBase64, EMPTY),
    flags: fieldOr(object, 'Flags', decodeUint64, 0n),
    createIndex: field(object, 'CreateIndex', decodeNumber),
    modifyIndex: field(object, 'ModifyIndex', decodeNumber),
    lockIndex: fieldOr(object, 'LockIndex', decodeNumber, 0),
    session: optionalField(object, 'Session', decodeString),
  };
};

/** `/v1/kv/…?keys`. */
export const decodeKeys: Decoder<readonly string[]> = decodeStrings;
