import {
  DecodeError,
  decodeBoolean,
  decodeObject,
  decodeString,
  field,
  fieldOr,
  type JsonObject,
  optionalField,
} from '../consul/decode/decoder.ts';
import { decodePortNumbers } from './decode-ports.ts';
import { decodeAddresses, decodeId } from './decode-task.ts';
import type {
  AppEvent,
  DeploymentEvent,
  GroupEvent,
  HealthEvent,
  InstanceEvent,
  MarathonEvent,
  TaskStatusEvent,
} from './marathon-event.ts';
import { taskPhase } from './task-phase.ts';

/** What an event has besides its base. */
type Own<E> = Omit<E, 'eventType' | 'timestamp'>;

function taskStatus(event: JsonObject): Own<TaskStatusEvent> {
  const state = field(event, 'taskStatus', decodeString);
  const host = optionalField(event, 'host', decodeString);
  return {
    kind: 'task-status',
    taskId: field(event, 'taskId', decodeId),
    appId: field(event, 'appId', decodeId),
    state,
    phase: taskPhase(state),
    host: host === '' ? undefined : host,
    ports: field(event, 'ports', decodePortNumbers),
    ipAddresses: field(event, 'ipAddresses', decodeAddresses),
    version: optionalField(event, 'version', decodeString),
  };
}

function instance(event: JsonObject): Own<InstanceEvent> {
  const state = field(event, 'condition', decodeString).trim();
  return {
    kind: 'instance',
    instanceId: field(event, 'instanceId', decodeId),
    appId: field(event, 'runSpecId', decodeId),
    state,
    phase: taskPhase(state),
  };
}

function health(event: JsonObject): Own<HealthEvent> {
  return {
    kind: 'health',
    appId: optionalField(event, 'appId', decodeId) ?? field(event, 'runSpecId', decodeId),
    taskId: optionalField(event, 'taskId', decodeId),
    instanceId: optionalField(event, 'instanceId', decodeId),
    alive: optionalField(event, 'alive', decodeBoolean) ?? optionalField(event, 'healthy', decodeBoolean),
  };
}

function unhealthyKill(event: JsonObject): Own<HealthEvent> {
  return { ...health(event), alive: false };
}

/** One failure says little: Marathon counts them. */
function failedCheck(event: JsonObject): Own<HealthEvent> {
  return { ...health(event), alive: undefined };
}

function app(event: JsonObject): Own<AppEvent> {
  return { kind: 'app', appId: field(event, 'appId', decodeId) };
}

/** `api_post_event` carries the app's new definition. */
function apiPost(event: JsonObject): Own<AppEvent> {
  return { kind: 'app', appId: field(event, 'appDefinition', (value) => field(decodeObject(value), 'id', decodeId)) };
}

const POD_PATH = /^\/v2\/pods(\/[^?:]+)/;

/**
 * Pod events name the pod only by the path of the request that changed it; one is made by a POST to `/v2/pods`, and then
 * it may be any.
 */
function pod(event: JsonObject): Own<AppEvent> | Own<GroupEvent> {
  const path = POD_PATH.exec(field(event, 'uri', decodeString))?.[1]?.replace(/\/+$/, '');
  return path === undefined ? { kind: 'group', groupId: '/' } : { kind: 'app', appId: path };
}

function group(event: JsonObject): Own<GroupEvent> {
  return { kind: 'group', groupId: field(event, 'groupId', decodeId) };
}

function deployment(event: JsonObject): Own<DeploymentEvent> {
  const ids = new Set<string>();
  collectActions(event.plan, ids);
  collectActions(event.currentStep, ids);
  return { kind: 'deployment', appIds: [...ids] };
}

/**
 * Adds the apps and pods that a plan's or a step's actions are about. `steps` is a list of actions, or of lists of
 * them under `actions`, by version; before 1.7 a plan also has the whole groups before and after, which say nothing more.
 */
function collectActions(value: unknown, ids: Set<string>, depth = 0): void {
  if (typeof value !== 'object' || value === null || depth > 4) return;
  if (Array.isArray(value)) {
    for (const each of value) collectActions(each, ids, depth + 1);
    return;
  }
  const { app: ofApp, pod: ofPod, steps, actions } = value as JsonObject;
  for (const id of [ofApp, ofPod]) if (typeof id === 'string' && id !== '') ids.add(id);
  collectActions(steps, ids, depth + 1);
  collectActions(actions, ids, depth + 1);
}

/** Comes for every failed probe of every sick task. */
const FAILED_CHECK = 'failed_health_check_event';

/** Source: mesosphere/marathon `core/event/Events.scala` of 0.8–1.11 and its page `event-bus.md`. */
const DECODERS: ReadonlyMap<string, (event: JsonObject) => Own<MarathonEvent>> = new Map<
  string,
  (event: JsonObject) => Own<MarathonEvent>
>([
  ['status_update_event', taskStatus],
  ['instance_changed_event', instance],
  ['unknown_instance_terminated_event', instance],
  ['health_status_changed_event', health],
  ['instance_health_changed_event', health],
  [FAILED_CHECK, failedCheck],
  ['unhealthy_task_kill_event', unhealthyKill],
  ['unhealthy_instance_kill_event', unhealthyKill],
  ['add_health_check_event', app],
  ['remove_health_check_event', app],
  ['app_terminated_event', app],
  ['api_post_event', apiPost],
  ['pod_created_event', pod],
  ['pod_updated_event', pod],
  ['pod_deleted_event', pod],
  ['group_change_success', group],
  ['group_change_failed', group],
  ['deployment_info', deployment],
  ['deployment_success', deployment],
  ['deployment_failed', deployment],
  ['deployment_step_success', deployment],
  ['deployment_step_failure', deployment],
]);

/** The types of the events that something may follow from, for Marathon's `event_type` filter. */
export const EVENT_TYPES: readonly string[] = [...DECODERS.keys()].filter((type) => type !== FAILED_CHECK);

/**
 * An event of either way.
 * @param typeHint what the stream named it; the body's own `eventType` wins
 * @throws DecodeError when it names no type, or lacks what an event of its type must have
 */
export function decodeEvent(value: unknown, typeHint?: string | undefined): MarathonEvent {
  const event = decodeObject(value);
  const eventType = fieldOr(event, 'eventType', decodeId, typeHint ?? '');
  if (eventType === '') throw new DecodeError('eventType', 'expected an id, got nothing');
  const decode = DECODERS.get(eventType);
  const timestamp = optionalField(event, 'timestamp', decodeString);
  if (decode === undefined) return { kind: 'other', eventType, timestamp };
  return { ...decode(event), eventType, timestamp } as MarathonEvent;
}
