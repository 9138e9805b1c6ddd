import type { BridgeListener } from './bridge-observer.ts';
import type { Compared } from './comparison.ts';

/** Tells what a comparison found that people should know: once, until it is no more so. */
export class Told {
  readonly #onEvent: BridgeListener;
  readonly #byApp = new Map<string, ReadonlySet<string>>();
  #clashes: ReadonlySet<string> = new Set();

  constructor(onEvent: BridgeListener) {
    this.#onEvent = onEvent;
  }

  /** @param isWhole whether it was about all apps, so that those it has not are gone */
  tell({ desired: { apps, clashes } }: Compared, isWhole: boolean): void {
    const known = this.#clashes;
    const found = new Map(clashes.map((clash) => [`${clash.name} ${clash.appIds.join(' ')}`, clash]));
    for (const [key, clash] of found) if (!known.has(key)) this.#onEvent({ kind: 'name_clash', ...clash });
    this.#clashes = new Set([...(isWhole ? [] : known), ...found.keys()]);
    if (isWhole) for (const appId of this.#byApp.keys()) if (!apps.has(appId)) this.#byApp.delete(appId);
    for (const { appId, warnings, unknownStatuses } of apps.values()) {
      const before = this.#byApp.get(appId);
      const now = new Set<string>();
      for (const message of warnings) {
        now.add(message);
        if (before?.has(message) !== true) this.#onEvent({ kind: 'warning', appId, message });
      }
      for (const { taskId, status } of unknownStatuses) {
        const key = `${taskId} ${status}`;
        now.add(key);
        if (before?.has(key) !== true) this.#onEvent({ kind: 'unknown_status', appId, taskId, status });
      }
      if (now.size > 0) this.#byApp.set(appId, now);
      else this.#byApp.delete(appId);
    }
  }
}
