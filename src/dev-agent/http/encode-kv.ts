import type { KvEntry } from '../store/kv-store.ts';

/** An entry as `/v1/kv` and transactions show it; an empty value is null (docs/consul-client.md 42). */
export function encodeKv(entry: KvEntry, withValue = true): object {
  return {
    LockIndex: entry.LockIndex,
    Key: entry.Key,
    Flags: entry.Flags,
    Value: withValue && entry.Value.length > 0 ? entry.Value.toString('base64') : null,
    ...(entry.Session === undefined ? {} : { Session: entry.Session }),
    CreateIndex: entry.CreateIndex,
    ModifyIndex: entry.ModifyIndex,
  };
}
