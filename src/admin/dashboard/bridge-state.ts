import type { BridgeAppJson, BridgeJson } from '../bridge-parts.ts';
import type { Changes, ConsulFacts, EventRow } from './live-state.ts';

/** One message to the bridge's page: as {@link LiveState}, rows that have not changed are left out. */
export interface BridgeState {
  readonly at: number;
  /** All rows are in it: what is not there is gone. */
  readonly isWhole: boolean;
  readonly version: string;
  readonly readiness: { readonly ready: boolean; readonly stale: boolean; readonly reasons: readonly string[] };
  readonly consul: ConsulFacts;
  readonly bridge: Omit<BridgeJson, 'apps'>;
  readonly counts: Readonly<Record<BridgeAppJson['state'], number>>;
  /** Services in Consul, of all apps. */
  readonly services: number;
  readonly apps: Changes<BridgeAppJson>;
  readonly events: readonly EventRow[];
}
