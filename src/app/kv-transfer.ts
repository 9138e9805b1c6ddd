import type { ConsulClient } from '../consul/consul-client.ts';
import { importKeys } from '../kv-config/import-keys.ts';
import { formatArchive, parseArchive } from '../kv-config/kv-archive.ts';

/** All keys under a prefix, as an archive; `pilotfish kv export`. @throws ConsulError */
export async function exportArchive(consul: ConsulClient, prefix: string): Promise<string> {
  return formatArchive((await consul.kv.list(prefix)).value);
}

/**
 * Stores what an archive holds; `pilotfish kv import`.
 * @returns how many keys
 * @throws CodedError `kv_archive_invalid`; ConsulError
 */
export async function importArchive(consul: ConsulClient, text: string): Promise<number> {
  const keys = parseArchive(text);
  await importKeys(consul, keys);
  return keys.length;
}
