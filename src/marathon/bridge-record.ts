import type { AgentDirectory } from './agent-directory.ts';
import type { AppReport, SyncScope } from './bridge-observer.ts';
import type { AppStatus, BridgeStatus } from './bridge-status.ts';
import type { Compared } from './comparison.ts';
import type { KnownState } from './known-state.ts';

/** A sync that read both sides. */
export interface EndedSync {
  readonly scope: SyncScope;
  readonly compared: Compared;
  readonly reports: readonly AppReport[];
  readonly parts: { readonly directory: AgentDirectory; readonly known: KnownState };
  readonly endedAtWallMs: number;
  readonly durationMs: number;
}

/** What the bridge saw last, for those who ask. */
export class BridgeRecord {
  #apps = new Map<string, AppStatus>();
  #last: Pick<BridgeStatus, 'lastSync' | 'lastError' | 'clashes' | 'refusal' | 'unreadableAgents'> = {
    lastSync: undefined,
    lastError: undefined,
    clashes: [],
    refusal: undefined,
    unreadableAgents: [],
  };

  status(now: Pick<BridgeStatus, 'isRunning' | 'pending'>): BridgeStatus {
    const apps = [...this.#apps.values()].toSorted((a, b) => (a.appId < b.appId ? -1 : 1));
    return { ...this.#last, ...now, apps };
  }

  ended({ scope, compared, reports, parts, endedAtWallMs, durationMs }: EndedSync): void {
    const { desired, plan } = compared;
    const failures = new Map(reports.map((report) => [report.appId, report.failures]));
    const registered = parts.known.countByApp;
    if (scope === 'all') this.#apps.clear();
    for (const { appId, name, running, state } of desired.apps.values()) {
      const count = registered.get(appId) ?? 0;
      const status = { appId, name, running, registered: count, failures: failures.get(appId) ?? [] };
      if (state === 'absent' && running === 0 && count === 0) this.#apps.delete(appId);
      else this.#apps.set(appId, status);
    }
    const { clashes, refusal } = plan;
    if (scope !== 'all') {
      const names = new Set([...desired.apps.values()].map(({ name }) => name));
      const others = this.#last.clashes.filter(({ name }) => !names.has(name));
      this.#last = { ...this.#last, clashes: [...others, ...clashes] };
      return;
    }
    const unreadableAgents = parts.directory.unreadables;
    this.#last = { lastSync: { endedAtWallMs, durationMs }, lastError: undefined, clashes, refusal, unreadableAgents };
  }

  failed(scope: SyncScope, error: Error): void {
    if (scope === 'all') this.#last = { ...this.#last, lastError: error };
  }
}
