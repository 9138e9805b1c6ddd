import { CodedError } from '../runtime/coded-error.ts';

/** A value in the configuration: what JSON can say, and bytes. */
export type ConfigValue =
  | string
  | number
  | boolean
  | null
  | Uint8Array
  | readonly ConfigValue[]
  | { readonly [key: string]: ConfigValue };

/** A value as Consul keeps it. */
export interface StoredValue {
  readonly value: Uint8Array;
  readonly flags: bigint;
}

/** The flags of an entry that holds bytes, which must not be taken for text: "pf" and "by" in ASCII. */
const BYTES_FLAGS = 0x70_66_62_79n;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads a value: JSON if it is JSON, else text as it was written, or bytes if it is no UTF-8 (or {@link encodeValue} was
 * given bytes). So `5432` is a number, `"5432"` with its quotation marks a string, and `postgres` needs none.
 */
export function decodeValue({ value, flags }: StoredValue): ConfigValue {
  if (flags === BYTES_FLAGS) return value;
  const text = textOf(value);
  if (text === undefined) return value;
  const json = mayBeJson(text) ? parsed(text) : undefined;
  return json === undefined ? text : json;
}

/** The value's bytes as text; undefined when they are no UTF-8. */
export function textOf(value: Uint8Array): string | undefined {
  try {
    return utf8.decode(value);
  } catch {
    return undefined;
  }
}

/**
 * Writes a value so that {@link decodeValue} gives back the same: text goes as it is where nobody would take it for
 * something else, and as JSON otherwise.
 * @throws CodedError `config_value_unsupported` for what JSON cannot say: undefined, functions, NaN, dates, bytes within
 */
export function encodeValue(value: ConfigValue): StoredValue {
  if (value instanceof Uint8Array) return { value, flags: BYTES_FLAGS };
  if (typeof value === 'string') {
    const isPlain = value.isWellFormed() && !(mayBeJson(value) && parsed(value) !== undefined);
    return { value: Buffer.from(isPlain ? value : JSON.stringify(value)), flags: 0n };
  }
  return { value: Buffer.from(writeJson(value, [])), flags: 0n };
}

/** Undefined when it is no JSON; JSON itself has no such value. */
function parsed(text: string): ConfigValue | undefined {
  try {
    return JSON.parse(text) as ConfigValue;
  } catch {
    return undefined;
  }
}

/** Whether parsing is worth the try: most values are plain text, and an exception costs more than this look. */
function mayBeJson(text: string): boolean {
  return /^[\t\n\r ]*["[{\d\-tfn]/.test(text);
}

/** JSON, checked, and with the sign of a negative zero. */
function writeJson(value: unknown, path: readonly string[]): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value);
  if (Array.isArray(value)) {
    // Not map, which skips holes.
    return `[${Array.from(value, (each, index) => writeJson(each, [...path, String(index)])).join(',')}]`;
  }
  if (isPlainObject(value)) {
    const fields = Object.entries(value).map(
      ([key, each]) => `${JSON.stringify(key)}:${writeJson(each, [...path, key])}`,
    );
    return `{${fields.join(',')}}`;
  }
  const where = path.length === 0 ? 'the value' : `the value at ${path.join('.')}`;
  throw new CodedError(
    `${where} is ${nameOf(value)}, which would not come back as it is: store what JSON can say, or bytes alone`,
    { code: 'config_value_unsupported', side: 'app', retryable: false },
  );
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function nameOf(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'object' || value === null)
    return typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`;
  return `a ${(value.constructor as { readonly name?: string } | undefined)?.name ?? 'object'}`;
}
