/** Where a setting is in the configuration: keys and list indexes from the root. */
export type ConfigPath = readonly (string | number)[];

/** One place that settings come from: the defaults, a file, the environment, the flags. */
export interface ConfigLayer {
  /** A plain tree of objects, lists and scalars. */
  readonly tree: unknown;
  /** Where the setting was said, `pilotfish.yaml:12:5` or `env SERVICE_NAME`; undefined where this layer doesn't say it. */
  whereIs(path: ConfigPath, part: 'key' | 'value'): string | undefined;
}

/** Whether a value is an object with settings in it (and no list). */
export function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What stands at `path`; undefined for nothing. */
export function valueAt(tree: unknown, path: ConfigPath): unknown {
  let value = tree;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value;
}

/**
 * Lays `upper` over `lower`: sections are merged, everything else (lists too) is replaced whole, and null, which is what
 * YAML makes of a key without a value, takes a setting away.
 */
export function overlay(lower: unknown, upper: unknown): unknown {
  return merged(lower, upper, () => undefined);
}

/** A layer of single settings, each with the name of what said it. */
export function layerOf(
  settings: readonly { readonly path: ConfigPath; readonly value: unknown; readonly where: string }[],
): ConfigLayer {
  let tree: unknown = {};
  const places = new Map<string, string>();
  for (const { path, value, where } of settings) {
    const nested = path.reduceRight<unknown>((inner, key) => Object.fromEntries([[key, inner]]), value);
    // What is taken away is so only from the layers below: until then it has to be remembered.
    tree = merged(tree, nested, () => null);
    for (let length = 1; length <= path.length; length++) places.set(path.slice(0, length).join('\0'), where);
  }
  return { tree, whereIs: (path) => places.get(path.join('\0')) };
}

/** @param removed what becomes of a setting that `upper` takes away */
function merged(lower: unknown, upper: unknown, removed: () => unknown): unknown {
  if (upper === undefined) return lower;
  if (upper === null) return removed();
  if (!isSection(upper)) return upper;
  const base = isSection(lower) ? lower : {};
  const keys = new Set([...Object.keys(base), ...Object.keys(upper)]);
  const own = (section: Readonly<Record<string, unknown>>, key: string) =>
    Object.hasOwn(section, key) ? section[key] : undefined;
  return Object.fromEntries([...keys].map((key) => [key, merged(own(base, key), own(upper, key), removed)]));
}
