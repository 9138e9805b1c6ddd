import { appName } from './app-name.ts';
import type { AppView, TaskView } from './app-view.ts';
import type { NameClash, WantedService } from './bridge-action.ts';
import { type RefusedLabel, wantedLabels } from './labels.ts';
import { type RegistrationRules, taskRegistration } from './registration.ts';

/** What is to be in Consul of one app. */
export interface DesiredApp {
  readonly appId: string;
  /** Its name in Consul. */
  readonly name: string;
  /**
   * `clashing`: nothing of it is registered or labelled, and what is there of tasks that run stays. `unread`: whatever
   * is there stays.
   */
  readonly state: 'read' | 'absent' | 'unread' | 'clashing';
  /** Why it could not be read. */
  readonly problem: Error | undefined;
  readonly services: readonly WantedService[];
  /** Tasks that run. */
  readonly running: number;
  /** Tasks whose services stay if they are there, and are not made if they are not. */
  readonly kept: ReadonlySet<string>;
  /** Tasks that Mesos cannot reach: their services stay until another of the app is there. */
  readonly unreachable: ReadonlySet<string>;
  /** JSON texts by key; undefined: labels are not known, and stay as they are. */
  readonly labels: ReadonlyMap<string, string> | undefined;
  readonly refusedLabels: readonly RefusedLabel[];
  /** As many tasks run as should: that others do not is no sign that Marathon's answer lacks something. */
  readonly isWhole: boolean;
  /** Works, but probably not as it is meant. */
  readonly warnings: readonly string[];
  readonly unknownStatuses: readonly { readonly taskId: string; readonly status: string }[];
}

/** What is to be in Consul. */
export interface DesiredState {
  readonly apps: ReadonlyMap<string, DesiredApp>;
  readonly clashes: readonly NameClash[];
}

/**
 * What Marathon says, as Consul is to have it. Pure.
 * @param otherAppIds apps that are not in `views` and that names may clash with: all that Marathon is known to have
 */
export function desiredState(
  views: readonly AppView[],
  rules: RegistrationRules,
  otherAppIds: Iterable<string> = [],
): DesiredState {
  const byName = idsByName(views, otherAppIds);
  const apps = new Map<string, DesiredApp>();
  const clashes = new Map<string, NameClash>();
  for (const view of views) {
    const name = appName(view.appId);
    const appIds = [...(byName.get(name) ?? [])];
    const isClashing = view.state !== 'absent' && appIds.length > 1;
    if (isClashing) clashes.set(name, { name, appIds: appIds.toSorted() });
    apps.set(view.appId, isClashing ? clashing(view, name) : desiredApp(view, name, rules));
  }
  return { apps, clashes: [...clashes.values()] };
}

function idsByName(views: readonly AppView[], otherAppIds: Iterable<string>): ReadonlyMap<string, ReadonlySet<string>> {
  const absent = new Set(views.filter(({ state }) => state === 'absent').map(({ appId }) => appId));
  const byName = new Map<string, Set<string>>();
  for (const appId of [...views.map((view) => view.appId), ...otherAppIds]) {
    if (absent.has(appId)) continue;
    const name = appName(appId);
    const ids = byName.get(name) ?? new Set();
    byName.set(name, ids.add(appId));
  }
  return byName;
}

function desiredApp(view: AppView, name: string, rules: RegistrationRules): DesiredApp {
  const warnings = new Set<string>();
  const services: WantedService[] = [];
  const phases = tasksByPhase(view.tasks);
  for (const { task, app } of phases.running) {
    const registration = taskRegistration(task, app, rules);
    services.push(...registration.services);
    for (const warning of registration.warnings) warnings.add(warning);
  }
  const labels = view.labels && wantedLabels(name, view.labels);
  return {
    ...emptyApp(view, name),
    services,
    running: phases.running.length,
    kept: idsOf(phases.kept),
    unreachable: idsOf(phases.unreachable),
    labels: labels?.values,
    refusedLabels: labels?.refused ?? [],
    isWhole: view.state === 'read' && phases.running.length >= view.wanted,
    warnings: [...warnings],
    unknownStatuses: phases.kept
      .filter(({ task }) => task.phase === 'unrecognised')
      .map(({ task }) => ({ taskId: task.id, status: task.state })),
  };
}

/** It keeps what is there of its tasks that run, since its name may be another's. */
function clashing(view: AppView, name: string): DesiredApp {
  const { running, kept, unreachable } = tasksByPhase(view.tasks);
  return {
    ...emptyApp(view, name),
    state: view.state === 'unread' ? 'unread' : 'clashing',
    running: running.length,
    kept: idsOf([...running, ...kept, ...unreachable]),
  };
}

function emptyApp({ appId, state, problem }: AppView, name: string): DesiredApp {
  return {
    appId,
    name,
    state,
    problem,
    services: [],
    running: 0,
    kept: new Set(),
    unreachable: new Set(),
    labels: undefined,
    refusedLabels: [],
    isWhole: false,
    warnings: [],
    unknownStatuses: [],
  };
}

interface TasksByPhase {
  readonly running: readonly TaskView[];
  readonly kept: readonly TaskView[];
  readonly unreachable: readonly TaskView[];
}

/**
 * The answer to each status of a task. Those that run are registered. Those that start, those that run but are not
 * ready yet, and those of a status that nobody knows stay as they are. Those that end or have ended are in no list.
 */
function tasksByPhase(tasks: readonly TaskView[]): TasksByPhase {
  const running: TaskView[] = [];
  const kept: TaskView[] = [];
  const unreachable: TaskView[] = [];
  for (const view of tasks) {
    const { phase } = view.task;
    if (phase === 'running' && isReady(view)) running.push(view);
    else if (phase === 'running' || phase === 'starting' || phase === 'unrecognised') kept.push(view);
    else if (phase === 'unreachable') unreachable.push(view);
  }
  return { running, kept, unreachable };
}

/** Marathon tells of readiness only while a deployment waits for it. */
function isReady({ task, app }: TaskView): boolean {
  return app?.readinessResults.every(({ taskId, ready }) => taskId !== task.id || ready) ?? true;
}

function idsOf(tasks: readonly TaskView[]): ReadonlySet<string> {
  return new Set(tasks.map(({ task }) => task.id));
}
