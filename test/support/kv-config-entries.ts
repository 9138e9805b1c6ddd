import type { LayerEntries } from '../../src/kv-config/build-tree.ts';

/** A layer as it might be read: keys below its folder, and text values. */
export function layer(folder: string, values: Readonly<Record<string, string>>): LayerEntries {
  const entries = Object.entries(values).map(([key, value], index) => ({
    key: folder + key,
    value: Buffer.from(value),
    flags: 0n,
    modifyIndex: index + 1,
  }));
  return { folder, entries };
}
