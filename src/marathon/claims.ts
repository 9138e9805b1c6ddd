import type { AppView, TaskView } from './app-view.ts';
import type { TaskStatusEvent } from './marathon-event.ts';
import type { MarathonTask } from './marathon-task.ts';

/** What events say of an app, since it was last compared. */
export interface AppClaims {
  /** The last of each task. */
  readonly tasks: ReadonlyMap<string, TaskStatusEvent>;
  /** Tasks that an event said run, and that Marathon did not list: whether it does now is what the comparison is for. */
  readonly unconfirmed: ReadonlySet<string>;
  /** An event said that the app is no more. */
  readonly hasEnded: boolean;
}

/** An app with what events say of it. */
export interface ClaimedView {
  readonly view: AppView;
  /** Tasks that are there only because an event said so. */
  readonly unlisted: ReadonlySet<string>;
  /** Marathon lists a task as running that an event said is over: it may have been wrong, and is to be looked at again. */
  readonly isDoubted: boolean;
}

/**
 * What Marathon lists, and what its events said: as with Consular, an event counts at once, whatever the answer to the
 * next request says or leaves out. A task that ended does not run, unless Marathon lists a later start of it; one that
 * runs does, listed or not.
 */
export function claimedView(view: AppView, claims: AppClaims | undefined): ClaimedView {
  if (claims === undefined || claims.tasks.size === 0) return { view, unlisted: new Set(), isDoubted: false };
  const tasks: TaskView[] = [];
  const listed = new Set<string>();
  let isDoubted = false;
  for (const each of view.tasks) {
    const claim = claims.tasks.get(each.task.id);
    listed.add(each.task.id);
    if (claim === undefined) tasks.push(each);
    else if (claim.phase === 'running') tasks.push({ ...each, task: startedTask(each.task, claim) });
    else if (!saysItIsOver(claim) || isLater(each.task.startedAt, claim.timestamp)) tasks.push(each);
    else isDoubted ||= each.task.phase === 'running';
  }
  const unlisted = new Set<string>();
  for (const [id, claim] of claims.tasks) {
    // A pod's container cannot be told from an event: which ports it has is only in the pod.
    const isPod = view.state === 'read' && view.app === undefined;
    if (listed.has(id) || claim.phase !== 'running' || isPod) continue;
    tasks.push({ task: taskOf(claim), app: view.app });
    unlisted.add(id);
  }
  return { view: { ...view, tasks }, unlisted, isDoubted };
}

/** Whether an event says that its task gets no more requests. */
export function saysItIsOver({ phase }: TaskStatusEvent): boolean {
  return phase === 'ended' || phase === 'killing';
}

/** Whether one moment is after another; false when one is not known. */
export function isLater(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && Date.parse(a) > Date.parse(b);
}

function startedTask(task: MarathonTask, claim: TaskStatusEvent): MarathonTask {
  if (task.phase !== 'starting') return task;
  const { state, phase } = claim;
  return {
    ...task,
    state,
    phase,
    host: task.host ?? claim.host,
    ports: task.ports.length > 0 ? task.ports : claim.ports,
  };
}

function taskOf({ taskId, appId, host, ports, ipAddresses, state, phase, version }: TaskStatusEvent): MarathonTask {
  return {
    id: taskId,
    appId,
    host,
    ports,
    servicePorts: [],
    ipAddresses,
    state,
    phase,
    startedAt: undefined,
    stagedAt: undefined,
    version,
    agentId: undefined,
    healthCheckResults: [],
  };
}
