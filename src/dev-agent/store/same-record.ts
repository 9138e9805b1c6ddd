import { isDeepStrictEqual } from 'node:util';

/**
 * Whether two records say the same, their indexes aside. Absent and empty maps are the same, as they are to Consul's
 * own comparison of an identical registration. The type of a check is not compared, as on Consul.
 */
export function isSameRecord(one: object, other: object): boolean {
  return isDeepStrictEqual(comparable(one), comparable(other));
}

function comparable(record: object): Map<string, unknown> {
  const fields = new Map<string, unknown>();
  for (const [name, value] of Object.entries(record)) {
    if (name === 'CreateIndex' || name === 'ModifyIndex' || name === 'Type') continue;
    if (value === undefined || (value instanceof Map && value.size === 0)) continue;
    fields.set(name, value);
  }
  return fields;
}
