import type { MemoryConsul, MemoryNode } from './marathon-bridge-memory.ts';

/** Services that are none of the bridge's, by id, though they look like it. */
const SERVICES: readonly { readonly id: string; readonly name: string; readonly tags: readonly string[] }[] = [
  { id: 'by-hand', name: 'by-hand', tags: [] },
  { id: 'other-bridge', name: 'g1-app-1', tags: ['consular-reg-id=other', 'consular-app-id=/g1/app-1'] },
  { id: 'longer-id', name: 'x', tags: ['consular-reg-id=consular2', 'consular-app-id=/x'] },
  { id: 'upper-case', name: 'x', tags: ['consular-reg-id=CONSULAR', 'consular-app-id=/x'] },
  { id: 'no-app', name: 'x', tags: ['consular-reg-id=consular'] },
];

/** Keys that are none of the bridge's. */
const KEYS: readonly (readonly [string, { value: string; flags: bigint; session?: string }])[] = [
  ['consular/other-app/owner', { value: '"another bridge"', flags: 5n }],
  ['consular/nobody-knows/owner', { value: '"whoever"', flags: 0n }],
  ['consular/leader/consular', { value: 'lock', flags: 0x2ddccbc058a50c18n, session: 'a-session' }],
  ['consular', { value: 'no label', flags: 0n }],
  ['other/key', { value: 'x', flags: 0n }],
];

/** What the bridge's own may be in Consul from the time before it, and is to go. */
const LEFT_OVER = { id: 'gone.task', name: 'gone', tags: ['consular-reg-id=consular', 'consular-app-id=/gone'] };

/** What others have in Consul, which must be there at the end as it was. */
export const strangers: {
  readonly settle: (consul: MemoryConsul) => void;
  readonly keepOnly: (node: MemoryNode) => void;
  readonly ids: ReadonlySet<string>;
  readonly keys: ReadonlyMap<string, string>;
} = {
  settle: (consul) => {
    for (const node of consul.nodes) strangers.keepOnly(node);
    for (const [key, entry] of KEYS) consul.kv.set(key, entry);
    consul.nodes[3]?.services.set(LEFT_OVER.id, { ...LEFT_OVER, address: '10.0.0.1' });
    consul.kv.set('consular/gone/owner', { value: '"Consular"', flags: 0n });
  },
  /** What an agent has that lost everything and was set up again. */
  keepOnly: (node) => {
    node.services.clear();
    for (const service of SERVICES) node.services.set(service.id, service);
  },
  ids: new Set(SERVICES.map(({ id }) => id)),
  keys: new Map(KEYS.map(([key, { value }]) => [key, value])),
};
