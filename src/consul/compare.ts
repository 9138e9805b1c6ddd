import type { HealthCheck, HealthEntry } from './decode/health.ts';

/** Whether two answers mean the same, so that a watch need not tell the second. */
export type Same<T> = (a: T, b: T) => boolean;

/** For who compares with more than the last answer: the watch then tells every one, also those without news. */
export const neverSame: Same<unknown> = () => false;

/** Deep equality of decoded values: primitives, lists (in order), Maps and Sets (in any order), bytes, plain objects. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Map) return b instanceof Map && sameMap(a, b);
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((each, index) => sameValue(each, b[index]));
  }
  if (b instanceof Map || b instanceof Uint8Array || Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && sameValue(Reflect.get(a, key), Reflect.get(b, key)));
}

function sameMap(a: ReadonlyMap<unknown, unknown>, b: ReadonlyMap<unknown, unknown>): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) if (!b.has(key) || !sameValue(value, b.get(key))) return false;
  return true;
}

/** Compares lists by key, whatever their order: Consul reorders with `passing` and `near`. Keys are unique in a list. */
export function sameByKey<T>(keyOf: (item: T) => string, same: Same<T>): Same<readonly T[]> {
  return (a, b) => {
    if (a.length !== b.length) return false;
    // What stayed the same object in its place is most of a large list, and needs no key.
    const unlike = a.filter((item, index) => item !== b[index]);
    if (unlike.length === 0) return true;
    const others = new Map(b.filter((item, index) => item !== a[index]).map((item) => [keyOf(item), item]));
    return unlike.every((item) => {
      const key = keyOf(item);
      const other = others.get(key);
      others.delete(key);
      return other !== undefined && same(item, other);
    });
  };
}

const sameCheck: Same<HealthCheck> = (a, b) =>
  a.status === b.status && a.name === b.name && a.notes === b.notes && a.type === b.type;

const sameChecks = sameByKey<HealthCheck>((check) => `${check.node}\n${check.id}`, sameCheck);

/**
 * Compares health answers by node and service id. A check's output does not count: it changes with every probe that
 * fails, and Consul itself does not wake a watch for it.
 */
export const sameHealthEntries: Same<readonly HealthEntry[]> = sameByKey<HealthEntry>(
  (entry) => `${entry.node.name}\n${entry.service.id}`,
  (a, b) => sameValue(a.node, b.node) && sameValue(a.service, b.service) && sameChecks(a.checks, b.checks),
);

/** Compares lists of checks as {@link sameHealthEntries} does. */
export const sameHealthChecks: Same<readonly HealthCheck[]> = sameChecks;
