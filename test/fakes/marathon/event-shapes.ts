import { appJson, ipOf, type Json, type KeptApp } from './app-shapes.ts';
import type { FakeTask } from './fake-app.ts';
import type { VersionTraits } from './marathon-version.ts';

/** An event before it has its time. Source of all: mesosphere/marathon `docs/event-bus.md`, `core/event/Events.scala`. */
export type EventBody = Json & { readonly eventType: string };

/** `status_update_event`; `ipAddresses` since 1.0. */
export function statusUpdate(task: FakeTask, app: KeptApp | undefined, traits: VersionTraits): EventBody {
  return {
    eventType: 'status_update_event',
    slaveId: '5c1e-S0',
    taskId: task.id,
    taskStatus: task.state,
    message: '',
    appId: task.appId,
    host: task.host,
    ...(traits.portDefinitions ? { ipAddresses: [{ ipAddress: ipOf(task, app), protocol: 'IPv4' }] } : {}),
    ports: task.ports,
    version: task.version,
  };
}

/** `TASK_GONE_BY_OPERATOR` is `Gone` to Marathon; the others differ only in how they are written. */
function conditionOf(state: string): string {
  const word = state.replace('TASK_', '').replace('GONE_BY_OPERATOR', 'GONE').toLowerCase();
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** `instance_changed_event`: since 1.4, beside the status update. `EventFormats` in `api/v2/json/Formats.scala`. */
export function instanceChanged(
  task: Pick<FakeTask, 'instanceId' | 'appId' | 'host' | 'state' | 'version'>,
): EventBody {
  return {
    eventType: 'instance_changed_event',
    instanceId: task.instanceId,
    condition: conditionOf(task.state),
    runSpecId: task.appId,
    agentId: '5c1e-S0',
    host: task.host,
    runSpecVersion: task.version,
  };
}

/**
 * `failed_health_check_event` for the probe that failed; then `health_status_changed_event`, which names the task up to
 * 1.3, and since 1.4 `instance_health_changed_event`.
 */
export function healthChanged(task: FakeTask, alive: boolean, traits: VersionTraits): readonly EventBody[] {
  const taskId = traits.instances ? task.instanceId : task.id;
  const healthCheck = { protocol: 'HTTP', path: '/', portIndex: 0 };
  const failed = { eventType: 'failed_health_check_event', appId: task.appId, taskId, healthCheck };
  return [...(alive ? [] : [failed]), ...statusChanged(task, alive, traits)];
}

function statusChanged(task: FakeTask, alive: boolean, traits: VersionTraits): readonly EventBody[] {
  const { appId, version, instanceId } = task;
  if (!traits.instances) return [{ eventType: 'health_status_changed_event', appId, taskId: task.id, version, alive }];
  return [
    { eventType: 'health_status_changed_event', appId, instanceId, version, alive },
    {
      eventType: 'instance_health_changed_event',
      instanceId,
      runSpecId: appId,
      healthy: alive,
      runSpecVersion: version,
    },
  ];
}

/** `api_post_event`: an app was made or changed through the API. */
export function apiPost(app: KeptApp, traits: VersionTraits): EventBody {
  return {
    eventType: 'api_post_event',
    clientIp: '127.0.0.1',
    uri: `/v2/apps${app.id}`,
    appDefinition: appJson(app, traits),
  };
}

/** The deployment events; heavy ones carry the groups before and after, and a plan's steps in another shape. */
export function deployment(
  eventType: 'deployment_info' | 'deployment_success' | 'deployment_step_success',
  about: { readonly id: string; readonly appId: string; readonly action: string },
  traits: VersionTraits,
): EventBody {
  const action = { action: about.action, type: about.action, app: about.appId };
  const group = { id: '/', apps: [], groups: [], dependencies: [] };
  const plan = {
    id: about.id,
    version: '2021-05-03T00:00:00.000Z',
    ...(traits.heavyEvents ? { original: group, target: group } : {}),
    steps: [traits.heavyEvents ? action : { actions: [action] }],
  };
  if (eventType === 'deployment_success') {
    return { eventType, id: about.id, ...(traits.portDefinitions ? { plan } : {}) };
  }
  return { eventType, plan, currentStep: { actions: [action] } };
}
