import type { BridgeFailure, NameClash, PurgeRefusal } from './bridge-action.ts';

/** An app as the bridge last saw it. */
export interface AppStatus {
  readonly appId: string;
  /** Its name in Consul. */
  readonly name: string;
  /** Tasks that run, and so are to be registered. */
  readonly running: number;
  /** Own services of it that Consul has, as far as is known. */
  readonly registered: number;
  /** Of its last sync; empty when all went well. */
  readonly failures: readonly BridgeFailure[];
}

/** The bridge at a moment, for the dashboard and health. */
export interface BridgeStatus {
  /** Whether {@link Bridge.run} runs: it leads, or nobody is elected. */
  readonly isRunning: boolean;
  /** The last whole sync that read both sides; undefined before the first. */
  readonly lastSync: { readonly endedAtWallMs: number; readonly durationMs: number } | undefined;
  /** Why the last whole sync did not come about; undefined when it did. */
  readonly lastError: Error | undefined;
  readonly apps: readonly AppStatus[];
  readonly clashes: readonly NameClash[];
  readonly refusal: PurgeRefusal | undefined;
  /** Hosts whose agents could not be read in the last whole sync, with the reason. */
  readonly unreadableAgents: readonly { readonly agent: string; readonly error: Error }[];
  /** Apps that are to be compared next. */
  readonly pending: number;
}
