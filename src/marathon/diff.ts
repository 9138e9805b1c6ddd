import type { FoundService } from './actual-state.ts';
import { appName } from './app-name.ts';
import type { AppPlan, BridgeAction, BridgeFailure, BridgePlan, WantedService } from './bridge-action.ts';
import type { DesiredApp } from './desired-state.ts';
import type { DiffInput } from './diff-input.ts';
import { absentLabelActions, labelActions, refusedLabels } from './label-diff.ts';
import { guardPurge } from './purge-guard.ts';
import { type Removal, removalsOf } from './removals.ts';
import { serviceDifference, staleChecks } from './service-difference.ts';

/**
 * What is to be written so that Consul is as it should be: nothing where it is. New registrations come before removals.
 * Pure.
 */
export function diff(input: DiffInput): BridgePlan {
  const copies = Map.groupBy(input.actual.services, ({ id }) => id);
  const drafts = new Map<string, Draft>();
  for (const app of input.desired.apps.values()) drafts.set(app.appId, draftOf(app, copies, input));
  const registered = [...drafts.values()].flatMap(({ registers }) => registers.map(({ service }) => service.id));
  const removals = removalsOf(input, copies);
  const own = input.ownElsewhere + new Set([...copies.keys(), ...registered]).size;
  const { allowed, refusal } = guardPurge(removals, { ...input.settings, own });
  for (const removal of allowed) {
    draftFor(drafts, removal.found.appId, input).removals.push(actionOf(removal));
  }
  if (input.settings.purge && refusal === undefined) {
    for (const { name, appId, action } of absentLabelActions(input)) {
      draftFor(drafts, appId ?? name, input).goneLabels.push(action);
    }
  }
  const apps = [...drafts.values()].map(planOf).filter((app) => app.actions.length > 0 || app.failures.length > 0);
  const clashes = input.desired.clashes;
  return { apps: apps.toSorted((a, b) => (a.appId < b.appId ? -1 : 1)), refusal, clashes };
}

/** An app's plan in the making. */
interface Draft {
  readonly appId: string;
  readonly name: string;
  readonly registers: RegisterAction[];
  readonly removals: BridgeAction[];
  readonly labels: readonly BridgeAction[];
  readonly goneLabels: BridgeAction[];
  readonly failures: BridgeFailure[];
}

type RegisterAction = Extract<BridgeAction, { kind: 'register' }>;
type Copies = ReadonlyMap<string, readonly FoundService[]>;

function draftOf(app: DesiredApp, copies: Copies, input: DiffInput): Draft {
  const registers: RegisterAction[] = [];
  const failures: BridgeFailure[] = refusedLabels(app);
  if (app.problem !== undefined) failures.push({ doing: 'read', on: app.appId, error: app.problem });
  for (const service of app.services) {
    const action = registerAction(service, copies.get(service.id) ?? [], input);
    if (action instanceof Error) failures.push({ doing: 'register', on: service.id, error: action });
    else if (action !== undefined) registers.push(action);
  }
  const labels = labelActions(app, input);
  return { appId: app.appId, name: app.name, registers, removals: [], labels, goneLabels: [], failures };
}

/** Undefined: it is as it should be. An error: its agent cannot be read, and nothing stands in for it. */
function registerAction(
  service: WantedService,
  found: readonly FoundService[],
  { agents, settings }: DiffInput,
): RegisterAction | Error | undefined {
  const own = agents.placeOf(service.host);
  const problem = agents.unreadable(own);
  if (problem !== undefined && (!settings.fallback || own.key === agents.main.key)) return problem;
  const agent = problem === undefined ? own : agents.main;
  // An agent that nobody could name may be any of those that were read: a copy that is as it should be is taken for it.
  const isHere = (copy: FoundService) =>
    copy.agent.key === agent.key || (!agent.isKnown && serviceDifference(service, copy) === undefined);
  const here = found.find(isHere);
  const because = here === undefined ? (found.length > 0 ? 'elsewhere' : 'new') : serviceDifference(service, here);
  if (because === undefined) return undefined;
  const onMain = found.find((copy) => copy.agent.key === agents.main.key);
  return {
    kind: 'register',
    service,
    agent,
    because,
    staleChecks: here === undefined ? [] : staleChecks(service, here),
    isOnMain: onMain !== undefined && serviceDifference(service, onMain) === undefined,
    insteadOf: problem === undefined ? undefined : own.host,
  };
}

function actionOf({ found, because }: Removal): BridgeAction {
  return { kind: 'deregister', serviceId: found.id, name: found.name, agent: found.agent, because };
}

/** The draft of an app, which may be one that Marathon has no more. */
function draftFor(drafts: Map<string, Draft>, appId: string, { desired }: DiffInput): Draft {
  const known = drafts.get(appId);
  if (known !== undefined) return known;
  const name = desired.apps.get(appId)?.name ?? appName(appId);
  const draft: Draft = { appId, name, registers: [], removals: [], labels: [], goneLabels: [], failures: [] };
  drafts.set(appId, draft);
  return draft;
}

/**
 * New before old. Labels that Consular left of an app that is gone are known to be the bridge's by the app's services:
 * they go first, so that nothing stays behind when the bridge ends in between.
 */
function planOf({ appId, name, registers, removals, labels, goneLabels, failures }: Draft): AppPlan {
  return { appId, name, actions: [...registers, ...goneLabels, ...removals, ...labels], failures };
}
