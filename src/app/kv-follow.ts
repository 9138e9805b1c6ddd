import type { ConsulClient } from '../consul/consul-client.ts';
import { type ConfigSection, valueAt } from '../kv-config/build-tree.ts';
import { changedNames } from '../kv-config/changed-paths.ts';
import { ConfigTreeError, type ConfigTreeEvent } from '../kv-config/config-event.ts';
import { ConfigTree } from '../kv-config/config-tree.ts';
import type { LayerNames } from '../kv-config/layer-folders.ts';
import { FileRenderer } from '../kv-config/render/file-renderer.ts';
import { loadRenderer } from '../kv-config/render/renderer.ts';
import { Backoff } from '../runtime/backoff.ts';
import { systemClock } from '../runtime/clock.ts';
import { CodedError } from '../runtime/coded-error.ts';
import { systemRandom } from '../runtime/random.ts';

/** A value that came, changed or went. */
export interface FollowedChange {
  /** Dotted. */
  readonly path: string;
  /** Undefined: it is gone. */
  readonly value: unknown;
}

/** What `pilotfish kv watch` does. */
export interface FollowOptions extends LayerNames {
  readonly consul: ConsulClient;
  /** `json`, `.env`, a module or a text template; undefined: changes go to `onChanges`. */
  readonly template: string | undefined;
  /** Undefined: the text goes to `onText`. */
  readonly file: string | undefined;
  readonly command: string | undefined;
  /** Ends after the first time; then every failure is one of the command. */
  readonly isOnce: boolean;
  readonly onText: (text: string) => void;
  readonly onChanges: (changes: readonly FollowedChange[], tree: ConfigSection) => void;
  /** Something went wrong, or is well again. */
  readonly onNote: (message: string) => void;
}

const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 10_000;

/**
 * Follows a configuration in KV until `signal` aborts. What goes wrong after the start (Consul, a value, a template, the
 * command) is told, and the next change is taken up all the same.
 * @throws CodedError `kv_not_renderable` for a template that makes no sense; with `isOnce` anything
 */
export async function followKv(options: FollowOptions, signal: AbortSignal): Promise<void> {
  const { template, file, command, isOnce, onText, onChanges, onNote } = options;
  const renderer =
    template === undefined
      ? undefined
      : new FileRenderer({ render: await loadRenderer(template, process.env), file, onText, command });
  const tree = await openTree(options, signal);
  if (tree === undefined) return;
  await using open = tree;
  let before: ConfigSection = {};
  for await (const { value } of open.watch(signal)) {
    if (renderer === undefined) {
      const names = changedNames(before, value);
      onChanges(
        names.map((each) => ({ path: each.join('.'), value: valueAt(value, each) })),
        value,
      );
      before = value;
    } else {
      await renderer.take(value, signal).catch((error: unknown) => {
        if (isOnce || !(error instanceof CodedError)) throw error;
        onNote(error.message);
      });
    }
    if (isOnce) return;
  }
}

/** Undefined when `signal` aborted before Consul answered. */
async function openTree(options: FollowOptions, signal: AbortSignal): Promise<ConfigTree | undefined> {
  const { consul, prefix, app, profile, isOnce, onNote } = options;
  const backoff = new Backoff({ minMs: RETRY_MIN_MS, maxMs: RETRY_MAX_MS, random: systemRandom });
  const onEvent = (event: ConfigTreeEvent) => tellEvent(event, onNote);
  while (!signal.aborted) {
    try {
      return await ConfigTree.open({ consul, prefix, app, profile, signal, onEvent });
    } catch (error) {
      if (signal.aborted) return undefined;
      const mayPass = error instanceof CodedError && (error.retryable || error instanceof ConfigTreeError);
      if (isOnce || !mayPass) throw error;
      await systemClock.sleep(backoff.nextMs(), signal).catch(() => undefined);
    }
  }
  return undefined;
}

function tellEvent(event: ConfigTreeEvent, onNote: (message: string) => void): void {
  if (event.kind === 'rejected' || event.kind === 'unreachable') onNote(event.error.message);
  if (event.kind === 'current') onNote('the configuration is current again');
}
