import type { ActualState } from './actual-state.ts';
import type { AgentDirectory } from './agent-directory.ts';
import { appName } from './app-name.ts';
import { type AppView, absentView } from './app-view.ts';
import type { BridgePlan } from './bridge-action.ts';
import type { BridgeSettings } from './bridge-settings.ts';
import { type AppClaims, claimedView, saysItIsOver } from './claims.ts';
import type { ConsulReader } from './consul-reader.ts';
import { type DesiredState, desiredState } from './desired-state.ts';
import { diff } from './diff.ts';
import type { Evidence } from './diff-input.ts';
import type { KnownState } from './known-state.ts';
import type { MarathonReader } from './marathon-reader.ts';

/** What a {@link Comparison} is made of. */
export interface ComparisonOptions {
  readonly settings: BridgeSettings;
  readonly marathon: MarathonReader;
  readonly consul: ConsulReader;
  readonly directory: AgentDirectory;
  readonly known: KnownState;
}

/** Both sides, and what is to be done. */
export interface Compared {
  readonly desired: DesiredState;
  readonly actual: ActualState;
  readonly plan: BridgePlan;
  /** Tasks that are to be registered only because an event said that they run, by app id. */
  readonly unconfirmed: ReadonlyMap<string, ReadonlySet<string>>;
  /** Apps of which an event said that a task is over that Marathon lists as running. */
  readonly doubted: ReadonlySet<string>;
}

type Claims = ReadonlyMap<string, AppClaims>;

/** Compares Marathon with Consul: all of both, or what is about some apps. The way is the same, only the reads differ. */
export class Comparison {
  readonly #options: ComparisonOptions;

  constructor(options: ComparisonOptions) {
    this.#options = options;
  }

  /** @throws MarathonError, ConsulError when one side cannot be read at all */
  async whole(claims: Claims, signal: AbortSignal): Promise<Compared> {
    const { marathon, consul, directory, settings, known } = this.#options;
    const read = await marathon.all(signal);
    const listed = new Set(read.apps.map(({ appId }) => appId));
    const claimed = claimedViews([...read.apps, ...claimedOnly(claims, listed)], claims);
    const desired = desiredState(claimed.views, settings);
    const actual = await consul.all(hostsOf(desired), signal);
    known.replace(desired, actual);
    const evidence = evidenceOf(claims, 'all');
    const common = { desired, actual, agents: directory, settings, evidence };
    const plan = diff({ ...common, isWhole: true, isMarathonWhole: read.isWhole, ownElsewhere: 0 });
    return { desired, actual, plan, unconfirmed: unconfirmedIn(plan, claimed), doubted: claimed.doubted };
  }

  /** @throws ConsulError when the catalog cannot be read */
  async some(claims: Claims, signal: AbortSignal): Promise<Compared> {
    const { marathon, consul, directory, settings, known } = this.#options;
    const appIds = withNamesakes(claims.keys(), known.appIds);
    const read = await marathon.of(appIds, signal);
    const claimed = claimedViews(read.apps, claims);
    const others = [...known.appIds].filter((appId) => !appIds.has(appId));
    const desired = desiredState(claimed.views, settings, others);
    const apps = [...desired.apps.values()];
    const appNames = new Set(apps.map(({ name }) => name));
    const wanted = apps.flatMap(({ services }) => services.map(({ name }) => name));
    const serviceNames = new Set([...appNames, ...wanted, ...known.serviceNames(appIds)]);
    const found = await consul.of({ appIds, serviceNames, appNames, hosts: new Set(hostsOf(desired)) }, signal);
    const actual = known.completed(found, appIds);
    known.update(desired, actual);
    const ownElsewhere = known.ownBeside(appIds);
    const evidence = evidenceOf(claims, 'some');
    const common = { desired, actual, agents: directory, settings, evidence };
    const plan = diff({ ...common, isWhole: false, isMarathonWhole: false, ownElsewhere });
    return { desired, actual, plan, unconfirmed: unconfirmedIn(plan, claimed), doubted: claimed.doubted };
  }
}

/** Apps whose ids become one name are compared together: what becomes of one decides about the others. */
function withNamesakes(claimed: Iterable<string>, known: Iterable<string>): ReadonlySet<string> {
  const appIds = new Set(claimed);
  const names = new Set([...appIds].map(appName));
  for (const appId of known) if (names.has(appName(appId))) appIds.add(appId);
  return appIds;
}

/** Apps that only events speak of: Marathon has none such, and tasks that run are registered all the same. */
function claimedOnly(claims: Claims, listed: ReadonlySet<string>): readonly AppView[] {
  const isRunning = ({ tasks }: AppClaims) => [...tasks.values()].some(({ phase }) => phase === 'running');
  return [...claims].filter(([appId, each]) => !listed.has(appId) && isRunning(each)).map(([id]) => absentView(id));
}

interface ClaimedViews {
  readonly views: readonly AppView[];
  readonly unlisted: ReadonlyMap<string, ReadonlySet<string>>;
  readonly doubted: ReadonlySet<string>;
}

function claimedViews(read: readonly AppView[], claims: Claims): ClaimedViews {
  const unlisted = new Map<string, ReadonlySet<string>>();
  const doubted = new Set<string>();
  const views = read.map((each) => {
    const claimed = claimedView(each, claims.get(each.appId));
    if (claimed.unlisted.size > 0) unlisted.set(each.appId, claimed.unlisted);
    if (claimed.isDoubted) doubted.add(each.appId);
    return claimed.view;
  });
  return { views, unlisted, doubted };
}

/** The registrations of a plan for which there is nothing but an event. */
function unconfirmedIn({ apps }: BridgePlan, { unlisted }: ClaimedViews): Compared['unconfirmed'] {
  const unconfirmed = new Map<string, Set<string>>();
  for (const { appId, actions } of apps) {
    const tasks = actions.flatMap((action) => {
      return action.kind === 'register' && action.because === 'new' ? [action.service.taskId] : [];
    });
    const own = tasks.filter((taskId) => unlisted.get(appId)?.has(taskId));
    if (own.length > 0) unconfirmed.set(appId, new Set(own));
  }
  return unconfirmed;
}

/** Whether a task is confirmed is asked app by app: a list of all apps that lacks some must not count against it. */
function evidenceOf(claims: Claims, scope: 'all' | 'some'): Evidence {
  const endedTasks = new Set<string>();
  const unreachableTasks = new Set<string>();
  const endedApps = new Set<string>();
  const unconfirmedTasks = new Set<string>();
  for (const [appId, { tasks, unconfirmed, hasEnded }] of claims) {
    if (hasEnded) endedApps.add(appId);
    if (scope === 'some') for (const taskId of unconfirmed) unconfirmedTasks.add(taskId);
    for (const [taskId, event] of tasks) {
      if (saysItIsOver(event)) endedTasks.add(taskId);
      else if (event.phase === 'unreachable') unreachableTasks.add(taskId);
      else unconfirmedTasks.delete(taskId);
    }
  }
  return { endedTasks, unreachableTasks, endedApps, unconfirmedTasks };
}

function hostsOf({ apps }: DesiredState): readonly string[] {
  return [...new Set([...apps.values()].flatMap(({ services }) => services.map(({ host }) => host)))];
}
