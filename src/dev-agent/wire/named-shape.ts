import { DurationError, formatGoDuration, parseGoDuration } from './duration.ts';
import { isJsonMap, type JsonValue, toPlain } from './json-value.ts';

/**
 * The names in a document and what they hold: `any` is kept as it is, `duration` is written Go's way, `map` has free
 * names over a shape, `list` is a list of a shape.
 */
export type NamedShape =
  | 'any'
  | 'duration'
  | { readonly map: NamedShape }
  | { readonly list: NamedShape }
  | { readonly fields: Readonly<Record<string, NamedShape>> };

/** A name that the shape does not have. */
export class UnknownName extends Error {}

/**
 * Plain data in which every name is spelled as in `shape`, whatever its case or underscores in `value`; what is empty
 * (`""`, `0`, `false`, null) is left out, as Go's `omitempty` does.
 * @throws UnknownName, DurationError
 */
export function withNames(value: JsonValue, shape: NamedShape): unknown {
  if (shape === 'any') return toPlain(value);
  if (shape === 'duration') return durationText(value);
  if ('list' in shape) return Array.isArray(value) ? value.map((item) => withNames(item, shape.list)) : [];
  if (!isJsonMap(value)) return {};
  if ('map' in shape) return Object.fromEntries([...value].map(([key, item]) => [key, withNames(item, shape.map)]));
  const names = new Map(Object.keys(shape.fields).map((name) => [name.toLowerCase(), name]));
  const result: Record<string, unknown> = {};
  for (const [key, item] of value) {
    const name = names.get(key.toLowerCase().replaceAll('_', ''));
    const inner = name === undefined ? undefined : shape.fields[name];
    if (name === undefined || inner === undefined) throw new UnknownName(key);
    if (!isEmpty(item)) result[name] = withNames(item, inner);
  }
  return result;
}

function isEmpty(value: JsonValue): boolean {
  return value === null || value === '' || value === 0 || value === false;
}

function durationText(value: JsonValue): string {
  if (typeof value === 'number') return formatGoDuration(value / 1e6);
  if (typeof value !== 'string') throw new DurationError('time: invalid duration');
  return formatGoDuration(parseGoDuration(value));
}
