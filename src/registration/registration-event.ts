import type { CodedError } from '../runtime/coded-error.ts';

/** What this room has to tell people about. It does not log: `app/` does. */
export type RegistrationEvent =
  /** A setting that works, but probably not as it is meant. */
  | { readonly kind: 'warning'; readonly message: string }
  /** The app answered for the first time (`isAnswering`), or was waited for in vain: it is registered all the same. */
  | {
      readonly kind: 'app_waited_for';
      readonly isAnswering: boolean;
      readonly waitedMs: number;
      readonly output: string;
    }
  /** `because`: `start`, `lost` (the agent did not know it any more), or what differed. */
  | { readonly kind: 'registered'; readonly id: string; readonly because: string }
  /** It is in the catalog, so others can find it. */
  | { readonly kind: 'in_catalog'; readonly id: string }
  /** The agent knows it, the catalog does not: no leader, an ACL rule missing on the agent, a node id that clashes. */
  | { readonly kind: 'not_in_catalog'; readonly id: string }
  /** What the sidecar reports on a TTL check has changed. */
  | { readonly kind: 'app_health'; readonly check: string; readonly status: string; readonly output: string }
  | { readonly kind: 'maintenance'; readonly id: string; readonly reason: string | undefined }
  | { readonly kind: 'deregistered'; readonly id: string }
  /** Consul could not be told; it is tried again. Told once per kind of failure in a row. */
  | { readonly kind: 'failed'; readonly error: CodedError };

/** Hears the room's events. Must not throw. */
export type RegistrationListener = (event: RegistrationEvent) => void;
