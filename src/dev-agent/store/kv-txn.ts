import type { KvEntry } from './kv-store.ts';
import { deleteIfUnchanged, type KvWriteContext, lockKey, setIfUnchanged, setKey, unlockKey } from './kv-writes.ts';
import { TxnFault, type TxnResult } from './txn-result.ts';

/** An operation on KV in a transaction. */
export interface KvOperation {
  readonly Verb: string;
  readonly Key: string;
  readonly Value: Buffer;
  readonly Flags: bigint;
  readonly Index: bigint;
  readonly Session: string;
}

/** The verbs that change nothing: a transaction of these alone is a read. */
export const KV_READ_VERBS: ReadonlySet<string> = new Set([
  'get',
  'get-tree',
  'check-index',
  'check-session',
  'check-not-exists',
]);

/** Does one operation. @throws TxnFault, or a Refusal of the store */
export function runKvOperation(context: KvWriteContext, operation: KvOperation): readonly TxnResult[] {
  const { kv } = context;
  const { Key, Index, Session } = operation;
  const key = JSON.stringify(Key);
  switch (operation.Verb) {
    case 'set':
      return written(setKey(context, operation));
    case 'cas':
      return written(required(setIfUnchanged(context, operation, Index), `failed to set key ${key}, index is stale`));
    case 'lock':
      if (context.sessions.isDelayed(Key)) throw new TxnFault(`cannot lock key ${key} due to lock delay`);
      return written(required(lockKey(context, operation, Session), `failed to lock key ${key}, lock is already held`));
    case 'unlock': {
      const fault = `failed to unlock key ${key}, lock isn't held, or is held by another session`;
      return written(required(unlockKey(context, operation, Session), fault));
    }
    case 'delete':
      kv.drop(Key);
      return [];
    case 'delete-tree':
      kv.dropTree(Key);
      return [];
    case 'delete-cas':
      if (!deleteIfUnchanged(context, Key, Index)) throw new TxnFault(`failed to delete key ${key}, index is stale`);
      return [];
    case 'get':
      return [{ kind: 'kv', entry: required(kv.get(Key), `key ${key} doesn't exist`), withValue: true }];
    case 'get-tree':
      return kv.list(Key).map((entry) => ({ kind: 'kv', entry, withValue: true }));
    default:
      return written(check(kv.get(Key), operation));
  }
}

function check(entry: KvEntry | undefined, { Verb, Key, Index, Session }: KvOperation): KvEntry | undefined {
  const key = JSON.stringify(Key);
  if (Verb === 'check-not-exists') {
    if (entry !== undefined) throw new TxnFault(`key ${key} exists`);
    return undefined;
  }
  if (Verb === 'check-index') {
    const { ModifyIndex } = required(entry, `failed to check index, key ${key} doesn't exist`);
    if (BigInt(ModifyIndex) === Index) return entry;
    throw new TxnFault(`failed index check for key ${key}, current modify index ${ModifyIndex} != ${Index}`);
  }
  if (Verb === 'check-session') {
    const held = required(entry, `failed to check session, key ${key} doesn't exist`).Session ?? '';
    if (held === Session) return entry;
    const sessions = `${JSON.stringify(held)} != ${JSON.stringify(Session)}`;
    throw new TxnFault(`failed session check for key ${key}, current session ${sessions}`);
  }
  throw new TxnFault(`unknown KV verb ${JSON.stringify(Verb)}`);
}

function written(entry: KvEntry | undefined): readonly TxnResult[] {
  return entry === undefined ? [] : [{ kind: 'kv', entry, withValue: false }];
}

function required<T>(value: T | undefined, fault: string): T {
  if (value === undefined) throw new TxnFault(fault);
  return value;
}
