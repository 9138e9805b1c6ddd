import { ConsulError } from '../consul/consul-error.ts';
import type { CallOptions } from '../consul/read-options.ts';
import type { KvOperation } from '../consul/txn.ts';
import { CodedError } from '../runtime/coded-error.ts';
import { buildTree, type LayerEntries, valueAt } from './build-tree.ts';
import { DOCUMENT_ENDINGS, keyAt } from './config-path.ts';
import { type ConfigValue, encodeValue } from './config-value.ts';
import type { KvConsul } from './layer-watch.ts';

/** A change of one layer, as a transaction and as what it makes of the layer. */
export interface TreeWrite {
  readonly operations: readonly KvOperation[];
  /** The layer as it will be. */
  readonly after: LayerEntries;
}

/**
 * Stores a value and takes away what stood at its place in other forms: keys below it, documents of its name.
 * @param cas the key's version that is to be replaced; 0: there must be none; undefined: whatever it is
 * @throws CodedError `config_path_invalid`, `config_value_unsupported`
 */
export function setInLayer(
  layer: LayerEntries,
  names: readonly string[],
  { value, cas }: { readonly value: ConfigValue; readonly cas: number | undefined },
): TreeWrite {
  const key = layer.folder + keyAt(names);
  const stored = encodeValue(value);
  const kept = layer.entries.filter((entry) => !isPartOf(key, entry.key));
  const entry = { key, value: Buffer.from(stored.value), flags: stored.flags, modifyIndex: 0 };
  const put: KvOperation =
    cas === undefined ? { verb: 'set', key, ...stored } : { verb: 'cas', key, ...stored, index: cas };
  return { operations: [put, ...clearing(key)], after: { folder: layer.folder, entries: [...kept, entry] } };
}

/**
 * Takes a value away, with everything below it.
 * @param cas the key's version that is to be deleted; undefined: whatever it is
 * @throws CodedError `config_path_invalid`; `config_in_document` when it is part of a larger document
 */
export function deleteFromLayer(layer: LayerEntries, names: readonly string[], cas: number | undefined): TreeWrite {
  const key = layer.folder + keyAt(names);
  const kept = layer.entries.filter((entry) => !isPartOf(key, entry.key));
  const after = { folder: layer.folder, entries: kept };
  const rest = buildTree([after]);
  if (valueAt(rest.value, names) !== undefined) {
    const message = `${names.join('.')} is part of the document in ${rest.originOf(names)}: set that one without it`;
    throw new CodedError(message, { code: 'config_in_document', side: 'app', retryable: false });
  }
  const remove: KvOperation = cas === undefined ? { verb: 'delete', key } : { verb: 'delete-cas', key, index: cas };
  return { operations: [remove, ...clearing(key)], after };
}

/** The version of the key that holds the value at these names in a layer, for `cas`; 0 when no key of its own does. */
export function versionIn({ folder, entries }: LayerEntries, names: readonly string[]): number {
  const key = folder + keyAt(names);
  return entries.find((entry) => entry.key === key)?.modifyIndex ?? 0;
}

/**
 * Carries a change out, whole.
 * @returns false when the version was another
 * @throws ConsulError
 */
export async function commit(
  consul: Pick<KvConsul, 'txn'>,
  { operations }: TreeWrite,
  scope: CallOptions,
): Promise<boolean> {
  const outcome = await consul.txn.kv(operations, scope);
  if (outcome.committed) return true;
  const [first] = outcome.errors;
  const isConditional = operations[0]?.verb === 'cas' || operations[0]?.verb === 'delete-cas';
  if (isConditional && first?.opIndex === 0 && /index is stale|index mismatch/i.test(first.what)) return false;
  const what = outcome.errors.map((error) => error.what).join('; ');
  const denied = /denied/i.test(what);
  throw new ConsulError({
    kind: denied ? 'PermissionDenied' : 'Conflict',
    method: 'PUT',
    path: '/v1/txn',
    problem: what,
    consulText: what,
    missingRule: denied ? `key_prefix:write on "${keyOf(operations[0])}"` : undefined,
  });
}

/** What else may stand at the key's place. */
function clearing(key: string): readonly KvOperation[] {
  return [
    { verb: 'delete-tree', prefix: `${key}/` },
    ...DOCUMENT_ENDINGS.map((ending): KvOperation => ({ verb: 'delete', key: key + ending })),
  ];
}

function isPartOf(key: string, other: string): boolean {
  return other === key || other.startsWith(`${key}/`) || DOCUMENT_ENDINGS.some((ending) => other === key + ending);
}

function keyOf(operation: KvOperation | undefined): string {
  return operation !== undefined && 'key' in operation ? operation.key : '';
}
