import type { CodedError } from '../runtime/coded-error.ts';
import type { ServiceQuery } from '../upstream/endpoint-source.ts';
import type { GuardVerdict } from './shrink-guard.ts';

/** What this room has to tell people about. It does not log: `app/` does. */
export type DiscoveryEvent =
  /** More than half of a service's usable endpoints left the catalog at once; they stay in use until evidence decides. */
  | {
      readonly kind: 'shrink_held';
      readonly query: ServiceQuery;
      readonly held: readonly string[];
      readonly of: number;
    }
  /** The evidence about a held endpoint is in (or its time is up). Only `returned` keeps it in use. */
  | {
      readonly kind: 'shrink_settled';
      readonly query: ServiceQuery;
      readonly verdict: GuardVerdict;
      readonly endpoints: readonly string[];
    }
  /** The health of an endpoint flaps: it counts as critical until it has been steady for a while. */
  | { readonly kind: 'flapping'; readonly query: ServiceQuery; readonly endpoint: string }
  /** It has been steady, and counts as the catalog says again. */
  | { readonly kind: 'steady'; readonly query: ServiceQuery; readonly endpoint: string }
  /** The sidecar's probes of an endpoint have failed so often that it is not used, or passed again. */
  | {
      readonly kind: 'probe_failing' | 'probe_passing';
      readonly query: ServiceQuery;
      readonly endpoint: string;
      readonly output: string;
    }
  /** The catalog could not be asked at start: a view from disk is used, this old. */
  | { readonly kind: 'snapshot_used'; readonly query: ServiceQuery; readonly ageMs: number }
  /** A snapshot cannot be read or written; told once, then ignored. */
  | { readonly kind: 'snapshot_unusable'; readonly error: CodedError };

/** Hears the room's events. Must not throw. */
export type DiscoveryListener = (event: DiscoveryEvent) => void;
