import type { CheckRecord, NodeRecord, ServiceRecord } from './catalog-records.ts';
import type { KvEntry } from './kv-store.ts';

/** What one operation of a transaction gives back. */
export type TxnResult =
  | { readonly kind: 'kv'; readonly entry: KvEntry; readonly withValue: boolean }
  | { readonly kind: 'node'; readonly node: NodeRecord }
  | { readonly kind: 'service'; readonly service: ServiceRecord }
  | { readonly kind: 'check'; readonly check: CheckRecord };

/** Why an operation of a transaction cannot be done. */
export class TxnFault extends Error {}
