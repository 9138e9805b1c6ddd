import type { ConfigSection } from '../build-tree.ts';
import { isSection } from '../build-tree.ts';
import type { ConfigValue } from '../config-value.ts';

/** A value as it stands in a file: text as it is, everything else as JSON; bytes in base64. */
export function valueText(value: ConfigValue): string {
  if (typeof value === 'string') return value;
  return value instanceof Uint8Array ? base64(value) : jsonText(value);
}

/** A value as JSON; bytes in base64. */
export function jsonText(value: ConfigValue, indent?: number): string {
  const plain = (each: ConfigValue): unknown => {
    if (each instanceof Uint8Array) return base64(each);
    if (Array.isArray(each)) return each.map(plain);
    if (isSection(each)) return Object.fromEntries(Object.entries(each).map(([name, inner]) => [name, plain(inner)]));
    return each;
  };
  return JSON.stringify(plain(value), undefined, indent);
}

/** All values below a section, with their names on the way; a section without any is none. */
export function* leavesOf(
  section: ConfigSection,
  names: readonly string[] = [],
): Generator<{ readonly names: readonly string[]; readonly value: ConfigValue }> {
  for (const [name, value] of Object.entries(section)) {
    const path = [...names, name];
    if (isSection(value)) yield* leavesOf(value, path);
    else yield { names: path, value };
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
