import { storeFailure } from '../wire/refusal.ts';
import { requireUuid } from '../wire/uuid-fault.ts';
import type { KvEntry, KvStore } from './kv-store.ts';
import type { Ledger } from './ledger.ts';
import type { SessionStore } from './session-store.ts';

/** What conditional writes to KV rest on. */
export interface KvWriteContext {
  readonly ledger: Ledger;
  readonly kv: KvStore;
  readonly sessions: SessionStore;
}

/** A value to write. */
export type KvWrite = Pick<KvEntry, 'Key' | 'Value' | 'Flags'>;

/** Writes a value. The holder of the key's lock stays, but the count of locks starts anew, as on Consul. */
export function setKey({ kv }: KvWriteContext, write: KvWrite): KvEntry {
  return kv.put({ ...write, lock: { LockIndex: 0, Session: kv.get(write.Key)?.Session } });
}

/** Writes only over the version `index`, or only a new key if that is 0; undefined if it is another (docs/consul-client.md 43). */
export function setIfUnchanged(context: KvWriteContext, write: KvWrite, index: bigint): KvEntry | undefined {
  return context.ledger.write(() => {
    const current = context.kv.get(write.Key)?.ModifyIndex ?? 0;
    return BigInt(current) === index ? setKey(context, write) : undefined;
  });
}

/** Deletes only the version `index`; true if there is nothing (left). */
export function deleteIfUnchanged({ ledger, kv }: KvWriteContext, key: string, index: bigint): boolean {
  return ledger.write(() => {
    const current = kv.get(key);
    if (current === undefined) return true;
    if (BigInt(current.ModifyIndex) !== index) return false;
    return kv.drop(key);
  });
}

/**
 * Writes and locks for `session`; undefined if another holds it.
 * @throws Refusal 500 if there is no such session
 */
export function lockKey(
  { ledger, kv, sessions }: KvWriteContext,
  write: KvWrite,
  session: string,
): KvEntry | undefined {
  return ledger.write(() => {
    if (session === '') throw storeFailure('missing session');
    requireUuid(session, 'failed session lookup: index error');
    if (sessions.get(session) === undefined) throw storeFailure(`invalid session ${JSON.stringify(session)}`);
    const current = kv.get(write.Key);
    if (current?.Session !== undefined && current.Session !== session) return undefined;
    const LockIndex = (current?.LockIndex ?? 0) + (current?.Session === session ? 0 : 1);
    return kv.put({ ...write, lock: { LockIndex, Session: session } });
  });
}

/** Writes and gives the lock back; undefined if `session` does not hold it. */
export function unlockKey({ ledger, kv }: KvWriteContext, write: KvWrite, session: string): KvEntry | undefined {
  return ledger.write(() => {
    if (session === '') throw storeFailure('missing session');
    const current = kv.get(write.Key);
    if (current === undefined || current.Session !== session) return undefined;
    return kv.put({ ...write, lock: { LockIndex: current.LockIndex, Session: undefined } });
  });
}
