/**
 * A parsed JSON document in which nothing is lost: objects are Maps (keys come from outside, order and duplicates by last
 * one wins), integers beyond 2^53 are bigints.
 */
export type JsonValue = null | boolean | number | bigint | string | readonly JsonValue[] | JsonMap;

/** A JSON object. */
export interface JsonMap extends ReadonlyMap<string, JsonValue> {}

/** Whether `value` is a JSON object. */
export function isJsonMap(value: JsonValue | undefined): value is JsonMap {
  return value instanceof Map;
}

/** What Go's decoder calls the kind of `value` in its errors. */
export function goKind(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (isJsonMap(value)) return 'object';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'string' ? 'string' : 'number';
}

/** Turns a parsed document into plain data for `stringify`; for parts the registry stores without looking inside. */
export function toPlain(value: JsonValue): unknown {
  if (Array.isArray(value)) return value.map(toPlain);
  if (!isJsonMap(value)) return value;
  return Object.fromEntries([...value].map(([key, item]) => [key, toPlain(item)]));
}

/** `JSON.rawJSON` of ECMAScript's JSON.parse source text proposal: in every Node we run on, not yet in TypeScript's types. */
const { rawJSON } = JSON as typeof JSON & { readonly rawJSON: (text: string) => unknown };

/**
 * JSON text in which bigints are written as integers, as Go writes a uint64.
 * `indent` is given for `?pretty`.
 */
export function stringify(value: unknown, indent?: string): string {
  const replace = (_key: string, item: unknown): unknown => (typeof item === 'bigint' ? rawJSON(String(item)) : item);
  return JSON.stringify(value, replace, indent);
}
