import type { FoundService } from './actual-state.ts';
import type { RemovalReason } from './bridge-action.ts';
import type { DesiredApp } from './desired-state.ts';
import type { DiffInput } from './diff-input.ts';
import { taskOfService } from './registration.ts';

/** A service that is not to be where it is. */
export interface Removal {
  readonly found: FoundService;
  readonly because: RemovalReason;
  /** Marathon has said so with an event; or only an event had said that it is there; or it is in the wrong place. */
  readonly isProven: boolean;
  /** Marathon tells of the app in full, so that this one is missing is no sign of an incomplete answer. */
  readonly isAccountedFor: boolean;
}

const PROVEN = { isProven: true, isAccountedFor: true };

/** Everything of the bridge's own that Consul should not have. */
export function removalsOf(input: DiffInput, copies: ReadonlyMap<string, readonly FoundService[]>): readonly Removal[] {
  const wanted = new Map<string, string>();
  for (const app of input.desired.apps.values()) for (const { id, host } of app.services) wanted.set(id, host);
  const removals: Removal[] = [];
  for (const [id, found] of copies) {
    const host = wanted.get(id);
    if (host === undefined) removals.push(...found.flatMap((each) => unwanted(each, input) ?? []));
    else if (input.isWhole) removals.push(...misplaced(found, host, input));
  }
  return removals;
}

function unwanted(found: FoundService, { desired, evidence, isMarathonWhole }: DiffInput): Removal | undefined {
  const app = desired.apps.get(found.appId);
  if (app === undefined && !isMarathonWhole) return undefined;
  const taskId = taskOfService(found.id);
  const hasEnded = evidence.endedTasks.has(taskId);
  const because = app === undefined ? 'app_gone' : reasonIn(app, taskId, hasEnded);
  if (because === undefined) return undefined;
  const isProven =
    hasEnded ||
    evidence.unconfirmedTasks.has(taskId) ||
    (because === 'unreachable' && evidence.unreachableTasks.has(taskId)) ||
    (because === 'app_gone' && evidence.endedApps.has(found.appId));
  const isAccountedFor = app?.isWhole === true || because === 'not_wanted';
  return { found, because, isProven, isAccountedFor };
}

/** Undefined: it stays. */
function reasonIn(app: DesiredApp, taskId: string, hasEnded: boolean): RemovalReason | undefined {
  if (app.state === 'unread') return hasEnded ? 'not_running' : undefined;
  if (app.kept.has(taskId)) return undefined;
  if (app.unreachable.has(taskId)) return app.running > 0 ? 'unreachable' : undefined;
  if (app.state === 'absent' && app.services.length === 0) return 'app_gone';
  return app.services.some((service) => service.taskId === taskId) ? 'not_wanted' : 'not_running';
}

/** Copies on agents other than its own, if it is clear which that is. */
function misplaced(found: readonly FoundService[], host: string, { agents, settings }: DiffInput): readonly Removal[] {
  const own = agents.placeOf(host);
  const place = agents.unreadable(own) === undefined || !settings.fallback ? own : agents.main;
  if (!place.isKnown) return [];
  return found
    .filter(({ agent }) => agent.key !== place.key && agent.isKnown)
    .map((each) => ({ found: each, because: 'elsewhere', ...PROVEN }));
}
