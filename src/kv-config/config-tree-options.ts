import type { CallOptions } from '../consul/read-options.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { ConfigSection } from './build-tree.ts';
import type { ConfigTreeEvent } from './config-event.ts';
import type { LayerNames } from './layer-folders.ts';
import type { KvConsul } from './layer-watch.ts';
import type { StandardSchema } from './standard-schema.ts';

/** What a `ConfigTree` is opened with. */
export interface ConfigTreeOptions<T>
  extends LayerNames,
    Pick<CallOptions, 'datacenter' | 'namespace' | 'partition' | 'token'> {
  /** A `ConsulClient`; it stays the caller's to close. */
  readonly consul: KvConsul;
  /** Judges, and may complete, the whole tree before it is used: zod, valibot, arktype or any other Standard Schema. */
  readonly schema?: StandardSchema<T> | undefined;
  /** The lowest layer of all. */
  readonly defaults?: ConfigSection | undefined;
  /**
   * Begins with the defaults when Consul cannot be asked, or has what cannot be used; without it, opening then fails.
   * Default false.
   */
  readonly mayStartWithout?: boolean | undefined;
  /** Ends the wait for Consul at the beginning. */
  readonly signal?: AbortSignal | undefined;
  /** Hears what happens, for logs. Must not throw. */
  readonly onEvent?: ((event: ConfigTreeEvent) => void) | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

/** How a value is written. */
export interface ConfigWriteOptions {
  /** Only over this version of the value, as `versionOf` tells it; 0: only if it has no key of its own. */
  readonly cas?: number | undefined;
  /** The folder to write to, one of `folders`; default the highest. */
  readonly folder?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A configuration in force, as `ConfigTree.watch` yields it. */
export interface ConfigChange<T> {
  readonly value: T;
  /** Dotted paths of all values that came, went or changed since the one yielded before; of the first, all there are. */
  readonly paths: readonly string[];
}
