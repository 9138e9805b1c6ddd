import { DurationError, parseGoDuration } from './duration.ts';
import { JsonSyntaxError, parseJson } from './go-json.ts';
import { goKind, isJsonMap, type JsonMap, type JsonValue } from './json-value.ts';

/** A body that does not fit what the endpoint takes; the message is worded as Go's decoder words it. */
export class DecodeError extends Error {}

/** Reads one value, found at the struct field `field` (for messages), into a `T`. */
export type Decoder<T> = (value: JsonValue, field: string) => T;

/** Parses a request body. @throws DecodeError in Go's words */
export function decodeBody(body: Buffer): JsonValue {
  try {
    return parseJson(body.toString('utf8'));
  } catch (error) {
    throw error instanceof JsonSyntaxError ? new DecodeError(error.message) : error;
  }
}

function mismatch(value: JsonValue, field: string, type: string): DecodeError {
  return new DecodeError(`json: cannot unmarshal ${goKind(value)} into Go struct field .${field} of type ${type}`);
}

/** A string; null is the empty one. */
export const text: Decoder<string> = (value, field) => {
  if (value === null) return '';
  if (typeof value !== 'string') throw mismatch(value, field, 'string');
  return value;
};

/** A boolean; null is false. */
export const flag: Decoder<boolean> = (value, field) => {
  if (value === null) return false;
  if (typeof value !== 'boolean') throw mismatch(value, field, 'bool');
  return value;
};

/** An integer of 64 bits. */
export const integer: Decoder<number> = (value, field) => {
  if (value === null) return 0;
  if (typeof value !== 'number') throw mismatch(value, field, 'int');
  if (!Number.isInteger(value)) {
    throw new DecodeError(`json: cannot unmarshal number ${value} into Go struct field .${field} of type int`);
  }
  return value;
};

/** An unsigned integer of 64 bits, exact. */
export const uint64: Decoder<bigint> = (value, field) => {
  if (value === null) return 0n;
  if (typeof value !== 'number' && typeof value !== 'bigint') throw mismatch(value, field, 'uint64');
  if (value < 0 || BigInt(value) > 0xffff_ffff_ffff_ffffn) {
    throw new DecodeError(`json: cannot unmarshal number ${value} into Go struct field .${field} of type uint64`);
  }
  return BigInt(value);
};

/** Milliseconds, from a duration text or a number of nanoseconds. */
export const durationMs: Decoder<number> = (value) => {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value) / 1e6;
  if (typeof value !== 'string' || value === '') return 0;
  try {
    return parseGoDuration(value);
  } catch (error) {
    throw error instanceof DurationError ? new DecodeError(error.message) : error;
  }
};

/** A document kept as it is. */
export const anything: Decoder<JsonValue> = (value) => value;

/** A list; null is the empty one. `type` is Go's name of the list in messages. */
export function list<T>(item: Decoder<T>, type = '[]string'): Decoder<readonly T[]> {
  return (value, field) => {
    if (value === null) return [];
    if (!Array.isArray(value)) throw mismatch(value, field, type);
    return value.map((element) => item(element, field));
  };
}

/** An object with free keys; null is undefined, as Go tells a nil map from an empty one. */
export function mapOf<T>(item: Decoder<T>, type = 'map[string]string'): Decoder<ReadonlyMap<string, T> | undefined> {
  return (value, field) => {
    if (value === null) return undefined;
    if (!isJsonMap(value)) throw mismatch(value, field, type);
    return new Map([...value].map(([key, element]) => [key, item(element, field)]));
  };
}

/** The fields of a struct, by their Go names. */
export type Fields<T> = { readonly [Key in keyof T]: Decoder<T[Key]> };

/** How a struct is read. */
export interface StructOptions {
  /** Go's name of the struct in messages. */
  readonly type?: string;
  /** Take keys that are not in `fields` as if they were not there; else they are refused, as Consul's agent does. */
  readonly lenient?: boolean;
  /** Other spellings (lower case) of fields, as `enable_tag_override`. */
  readonly aliases?: ReadonlyMap<string, string>;
}

/**
 * A struct: keys match whatever their case, an unknown one is refused, the first mistake in the document is told.
 * Fields that are absent are absent in the result; null reads as an absent struct.
 */
export function struct<T extends object>(fields: Fields<T>, options: StructOptions = {}): Decoder<Partial<T>> {
  const known = new Map<string, readonly [keyof T & string, Decoder<T[keyof T]>]>();
  for (const name of Object.keys(fields) as (keyof T & string)[]) known.set(name.toLowerCase(), [name, fields[name]]);
  const resolve = (key: string) => known.get(options.aliases?.get(key.toLowerCase()) ?? key.toLowerCase());
  return (value, field) => {
    if (value === null) return {};
    if (!isJsonMap(value)) throw structMismatch(value, field, options.type ?? 'struct');
    return readFields(value, resolve, options.lenient ?? false);
  };
}

function structMismatch(value: JsonValue, field: string, type: string): DecodeError {
  if (field === '') return new DecodeError(`json: cannot unmarshal ${goKind(value)} into Go value of type ${type}`);
  return mismatch(value, field, type);
}

function readFields<T extends object>(
  value: JsonMap,
  resolve: (key: string) => readonly [keyof T & string, Decoder<T[keyof T]>] | undefined,
  lenient: boolean,
): Partial<T> {
  const result: Partial<T> = {};
  for (const [key, item] of value) {
    const entry = resolve(key);
    if (entry !== undefined) Object.assign(result, { [entry[0]]: entry[1](item, entry[0]) });
    else if (!lenient) throw new DecodeError(`json: unknown field ${JSON.stringify(key)}`);
  }
  return result;
}
