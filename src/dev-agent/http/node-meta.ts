import type { NodeRecord } from '../store/catalog-records.ts';

/** The `node-meta=key:value` parameters of a query. */
export function parseNodeMeta(query: URLSearchParams): ReadonlyMap<string, string> {
  const pairs = query.getAll('node-meta').map((pair): [string, string] => {
    const colon = pair.indexOf(':');
    return colon < 0 ? [pair, ''] : [pair.slice(0, colon), pair.slice(colon + 1)];
  });
  return new Map(pairs);
}

/** Whether a node carries every wanted pair (docs/consul-client.md 37). */
export function matchesNodeMeta(node: NodeRecord | undefined, wanted: ReadonlyMap<string, string>): boolean {
  return [...wanted].every(([key, value]) => node?.Meta?.get(key) === value);
}
