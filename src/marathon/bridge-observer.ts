import type { BridgeFailure, NameClash, PurgeRefusal, RemovalReason } from './bridge-action.ts';

/** What of Marathon a sync is about: everything, or some apps. */
export type SyncScope = 'all' | readonly string[];

/** What a sync did for one app. */
export interface AppReport {
  readonly appId: string;
  /** The app's name in Consul. */
  readonly name: string;
  readonly registered: number;
  readonly deregistered: number;
  readonly labelsPut: number;
  readonly labelsDeleted: number;
  /** What could not be done, each with what it was about. */
  readonly failures: readonly BridgeFailure[];
}

/** What the bridge has to tell people about. It does not log: `app/` does. */
export type BridgeEvent =
  /** `because`: `start`, `interval`, `retry`, `event`, or what {@link Bridge.resync} was told. */
  | { readonly kind: 'sync_started'; readonly scope: SyncScope; readonly because: string }
  /** `apps` holds those with a change or a failure; `own` is how many own services Consul has now, as far as is known. */
  | {
      readonly kind: 'sync_ended';
      readonly scope: SyncScope;
      readonly because: string;
      readonly durationMs: number;
      readonly apps: readonly AppReport[];
      readonly own: number;
    }
  /** Nothing was written: Marathon's apps, or Consul's nodes or labels, could not be read. It is tried again. */
  | { readonly kind: 'sync_failed'; readonly scope: SyncScope; readonly error: Error; readonly retryInMs: number }
  /** Told once for each sync in which something could not be done for the app; it is tried again. */
  | { readonly kind: 'app_failed'; readonly appId: string; readonly failures: readonly BridgeFailure[] }
  /** Both app ids become one name in Consul: neither is registered nor its labels written until one is renamed. */
  | ({ readonly kind: 'name_clash' } & NameClash)
  | { readonly kind: 'purge_refused'; readonly scope: SyncScope; readonly refusal: PurgeRefusal }
  /** An event of Marathon's is about these apps; they are to be compared. */
  | { readonly kind: 'event_narrowed'; readonly eventType: string; readonly appIds: readonly string[] }
  /** `agent`: the host of the agent that took it. */
  | {
      readonly kind: 'registered';
      readonly appId: string;
      readonly serviceId: string;
      readonly name: string;
      readonly agent: string;
      readonly because: string;
    }
  | {
      readonly kind: 'deregistered';
      readonly appId: string;
      readonly serviceId: string;
      readonly name: string;
      readonly agent: string;
      readonly because: RemovalReason;
    }
  | { readonly kind: 'label_put' | 'label_deleted'; readonly appId: string; readonly key: string }
  /** The agent on the task's host did not take the call, so the main agent got it. */
  | {
      readonly kind: 'fallback_used';
      readonly doing: 'register' | 'deregister';
      readonly serviceId: string;
      readonly agent: string;
      readonly error: Error;
    }
  /** Its services are left as they are, and those that belong there go to the main agent if there is a fallback. */
  | { readonly kind: 'agent_unreadable'; readonly agent: string; readonly error: Error }
  /** Labels are left as they are; services go on. */
  | { readonly kind: 'labels_unreadable'; readonly error: Error }
  /** Nothing that only pods could own is taken away; apps go on. */
  | { readonly kind: 'pods_unreadable'; readonly error: Error }
  /** An event spoke of an app that Marathon has not. */
  | { readonly kind: 'app_not_found'; readonly appId: string }
  /** A status that no Marathon documents: the task is left as it is. */
  | { readonly kind: 'unknown_status'; readonly appId: string; readonly taskId: string; readonly status: string }
  /** Something that works, but probably not as it is meant; told once for each app and message. */
  | { readonly kind: 'warning'; readonly appId: string; readonly message: string };

/** Hears the bridge's events. Must not throw. */
export type BridgeListener = (event: BridgeEvent) => void;
