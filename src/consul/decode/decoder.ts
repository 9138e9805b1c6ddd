/** Turns what a JSON answer holds into a typed value. @throws DecodeError */
export type Decoder<T> = (value: unknown) => T;

/** A JSON object whose keys are Consul's. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** A value that is not what Consul's documentation says. The message names where: `[3].Service.Port: expected …`. */
export class DecodeError extends Error {
  readonly path: string;
  readonly problem: string;

  constructor(path: string, problem: string) {
    super(path === '' ? problem : `${path}: ${problem}`);
    this.name = 'DecodeError';
    this.path = path;
    this.problem = problem;
  }

  /** The same, seen from one level further out. */
  within(segment: string | number): DecodeError {
    const own = typeof segment === 'number' ? `[${segment}]` : segment;
    const joint = this.path === '' || this.path.startsWith('[') ? '' : '.';
    return new DecodeError(`${own}${joint}${this.path}`, this.problem);
  }
}

/** A string. */
export const decodeString: Decoder<string> = (value) => {
  if (typeof value !== 'string') throw expected('a string', value);
  return value;
};

/** A finite number. */
export const decodeNumber: Decoder<number> = (value) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw expected('a number', value);
  return value;
};

/** A boolean. */
export const decodeBoolean: Decoder<boolean> = (value) => {
  if (typeof value !== 'boolean') throw expected('true or false', value);
  return value;
};

/** An unsigned 64-bit number, exact. The parser gives those a double cannot hold as bigint. */
export const decodeUint64: Decoder<bigint> = (value) => {
  if (typeof value === 'bigint') return value;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw expected('a uint64', value);
  return BigInt(value);
};

/** An object. */
export const decodeObject: Decoder<JsonObject> = (value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw expected('an object', value);
  return value as JsonObject;
};

/** A list; `null` and an absent one are empty, as Go writes them. */
export function decodeList<T>(item: Decoder<T>): Decoder<readonly T[]> {
  return (value) => {
    if (value === null || value === undefined) return [];
    if (!Array.isArray(value)) throw expected('a list', value);
    return value.map((each, index) => inside(index, item, each));
  };
}

/** An object with keys from outside; `null` and an absent one are empty. */
export function decodeMap<T>(item: Decoder<T>): Decoder<ReadonlyMap<string, T>> {
  return (value) => {
    if (value === null || value === undefined) return NO_ENTRIES;
    const entries = Object.entries(decodeObject(value));
    if (entries.length === 0) return NO_ENTRIES;
    const map = new Map<string, T>();
    for (const [key, each] of entries) map.set(key, inside(key, item, each));
    return map;
  };
}

/** One for all: answers of thousands of instances are full of empty maps. */
const NO_ENTRIES: ReadonlyMap<string, never> = new Map<string, never>();

/** Strings by key. */
export const decodeStringMap: Decoder<ReadonlyMap<string, string>> = decodeMap(decodeString);

/** Strings in a list. */
export const decodeStrings: Decoder<readonly string[]> = decodeList(decodeString);

/** A field that must be there (lists and maps may be absent: they are then empty). */
export function field<T>(object: JsonObject, key: string, decode: Decoder<T>): T {
  return inside(key, decode, object[key]);
}

/** A field that may be absent or `null`: then `otherwise`. */
export function fieldOr<T>(object: JsonObject, key: string, decode: Decoder<T>, otherwise: T): T {
  const value = object[key];
  return value === undefined || value === null ? otherwise : inside(key, decode, value);
}

/** A field that may be absent or `null`: then undefined. */
export function optionalField<T>(object: JsonObject, key: string, decode: Decoder<T>): T | undefined {
  return fieldOr<T | undefined>(object, key, decode, undefined);
}

/** The error for a value of the wrong kind; shows what was got, shortened. */
export function expected(what: string, got: unknown): DecodeError {
  return new DecodeError('', `expected ${what}, got ${describe(got)}`);
}

function inside<T>(segment: string | number, decode: Decoder<T>, value: unknown): T {
  try {
    return decode(value);
  } catch (error) {
    throw error instanceof DecodeError ? error.within(segment) : error;
  }
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
