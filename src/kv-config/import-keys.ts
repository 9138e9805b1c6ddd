import type { ConsulClient } from '../consul/consul-client.ts';
import { ConsulError } from '../consul/consul-error.ts';
import type { ArchivedKey } from './kv-archive.ts';

/** What Consul takes in one transaction. */
const MAX_OPERATIONS = 64;
/** Values in one transaction; Consul's limit is 512 KiB for the whole request, in base64. */
const MAX_BATCH_BYTES = 256 * 1024;

/**
 * Stores keys, many at a time: each batch whole or not at all, in their order. What is in Consul besides them stays.
 * @throws ConsulError naming what could not be stored; what came before it is stored
 */
export async function importKeys(
  consul: Pick<ConsulClient, 'kv' | 'txn'>,
  keys: readonly ArchivedKey[],
  signal?: AbortSignal,
): Promise<void> {
  for (const batch of batches(keys)) {
    const [only] = batch;
    // A large value fits into a request of its own, but not into a transaction.
    if (batch.length === 1 && only !== undefined)
      await consul.kv.put(only.key, only.value, { flags: only.flags, signal });
    else await store(consul, batch, signal);
  }
}

async function store(
  consul: Pick<ConsulClient, 'txn'>,
  batch: readonly ArchivedKey[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const outcome = await consul.txn.kv(
    batch.map((each) => ({ verb: 'set', ...each })),
    { signal },
  );
  if (outcome.committed) return;
  const problem = outcome.errors
    .map(({ opIndex, what }) => `${JSON.stringify(batch[opIndex]?.key ?? '')}: ${what}`)
    .join('; ');
  const kind = /denied/i.test(problem) ? 'PermissionDenied' : 'Conflict';
  throw new ConsulError({ kind, method: 'PUT', path: '/v1/txn', problem, consulText: problem });
}

function* batches(keys: readonly ArchivedKey[]): Generator<readonly ArchivedKey[]> {
  let batch: ArchivedKey[] = [];
  let bytes = 0;
  for (const each of keys) {
    const size = each.value.length + each.key.length;
    if (batch.length > 0 && (batch.length === MAX_OPERATIONS || bytes + size > MAX_BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(each);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
