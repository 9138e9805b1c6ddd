/**
 * What a task's state means for its registration.
 *
 * - `starting`: not there yet.
 * - `running`: there.
 * - `killing`: still there, told to end; it is to get no more requests.
 * - `unreachable`: its Mesos agent is away. It may run on and come back, or have been replaced.
 * - `ended`: gone for good; it never comes back under this id.
 * - `unrecognised`: a state that Marathon did not have when this was written.
 */
export type TaskPhase = 'starting' | 'running' | 'killing' | 'unreachable' | 'ended' | 'unrecognised';

/**
 * Every state that a task, an instance or a pod's container may have, as Marathon 0.8–1.11 write them: Mesos'
 * `TaskState` (mesos.proto), which the API gives for tasks, and Marathon's own `Condition` of instances
 * (mesosphere/marathon `core/condition/Condition.scala`).
 */
const PHASES: ReadonlyMap<string, TaskPhase> = new Map([
  ['TASK_STAGING', 'starting'],
  ['TASK_STARTING', 'starting'],
  ['TASK_RUNNING', 'running'],
  ['TASK_KILLING', 'killing'],
  ['TASK_UNREACHABLE', 'unreachable'],
  ['TASK_FINISHED', 'ended'],
  ['TASK_FAILED', 'ended'],
  ['TASK_KILLED', 'ended'],
  ['TASK_ERROR', 'ended'],
  ['TASK_LOST', 'ended'],
  ['TASK_DROPPED', 'ended'],
  ['TASK_GONE', 'ended'],
  ['TASK_GONE_BY_OPERATOR', 'ended'],
  ['TASK_UNKNOWN', 'ended'],
  ['Created', 'starting'],
  ['Reserved', 'starting'],
  ['Scheduled', 'starting'],
  ['Provisioned', 'starting'],
  ['Staging', 'starting'],
  ['Starting', 'starting'],
  ['Running', 'running'],
  ['Killing', 'killing'],
  ['Unreachable', 'unreachable'],
  ['UnreachableInactive', 'unreachable'],
  ['Finished', 'ended'],
  ['Failed', 'ended'],
  ['Killed', 'ended'],
  ['Error', 'ended'],
  ['Dropped', 'ended'],
  ['Gone', 'ended'],
  ['Unknown', 'ended'],
]);

/** The phase that a state means: `TASK_RUNNING` of a task, or `Running` of an instance. */
export function taskPhase(state: string): TaskPhase {
  return PHASES.get(state) ?? 'unrecognised';
}
