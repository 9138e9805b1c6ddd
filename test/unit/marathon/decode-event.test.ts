import { describe, expect, it } from 'vitest';
import { decodeEvent, EVENT_TYPES } from '../../../src/marathon/decode-event.ts';

const timestamp = '2021-05-04T03:02:01.000Z';

describe('an event', () => {
  /** mesosphere/marathon `docs/event-bus.md`; `ipAddresses` as `core/event/Events.scala` of 1.0 and later has them. */
  it('of a task tells its state, host, ports and addresses', () => {
    const event = decodeEvent({
      eventType: 'status_update_event',
      timestamp,
      slaveId: '5c1e-S7',
      taskId: 'my-app.1f3c',
      taskStatus: 'TASK_RUNNING',
      appId: '/my-app',
      host: 'host-7.example',
      ports: [31_333],
      ipAddresses: [{ ipAddress: '10.0.0.3', protocol: 'IPv4' }],
      version: '2021-05-03T00:00:00.000Z',
    });
    expect(event).toEqual({
      kind: 'task-status',
      eventType: 'status_update_event',
      timestamp,
      taskId: 'my-app.1f3c',
      appId: '/my-app',
      state: 'TASK_RUNNING',
      phase: 'running',
      host: 'host-7.example',
      ports: [31_333],
      ipAddresses: [{ address: '10.0.0.3', protocol: 'IPv4' }],
      version: '2021-05-03T00:00:00.000Z',
    });
  });

  it('of a task in a state not known is read all the same', () => {
    const event = decodeEvent({ eventType: 'status_update_event', taskId: 'a.1', appId: '/a', taskStatus: 'TASK_NEW' });
    expect(event).toMatchObject({ kind: 'task-status', state: 'TASK_NEW', phase: 'unrecognised', ports: [] });
  });

  it('of an instance tells its condition', () => {
    const event = decodeEvent({
      instanceId: 'my-app.instance-9e',
      condition: 'Unreachable ',
      runSpecId: '/my-app',
      host: null,
      timestamp,
      eventType: 'instance_changed_event',
    });
    expect(event).toMatchObject({ kind: 'instance', appId: '/my-app', state: 'Unreachable', phase: 'unreachable' });
  });

  it.each([
    [{ eventType: 'health_status_changed_event', appId: '/a', taskId: 'a.1', alive: false }, 'a.1', undefined, false],
    [{ eventType: 'health_status_changed_event', appId: '/a', instanceId: 'i', alive: true }, undefined, 'i', true],
    [
      { eventType: 'instance_health_changed_event', runSpecId: '/a', instanceId: 'i', healthy: null },
      undefined,
      'i',
      undefined,
    ],
    [
      { eventType: 'failed_health_check_event', appId: '/a', taskId: 'a.1', healthCheck: {} },
      'a.1',
      undefined,
      undefined,
    ],
    [{ eventType: 'unhealthy_task_kill_event', appId: '/a', taskId: 'a.1', reason: '500' }, 'a.1', undefined, false],
  ])('of health, as each version has it: %j', (body, taskId, instanceId, alive) => {
    expect(decodeEvent(body)).toMatchObject({ kind: 'health', appId: '/a', taskId, instanceId, alive });
  });

  it.each([
    [{ eventType: 'api_post_event', uri: '/v2/apps/a', appDefinition: { id: '/a', cmd: './serve' } }, '/a'],
    [{ eventType: 'app_terminated_event', appId: '/a' }, '/a'],
    [{ eventType: 'remove_health_check_event', appId: '/a' }, '/a'],
    [{ eventType: 'pod_updated_event', uri: '/v2/pods/group/my-pod' }, '/group/my-pod'],
    [{ eventType: 'pod_deleted_event', uri: '/v2/pods/my-pod?force=true' }, '/my-pod'],
  ])('of a definition names its app or pod: %j', (body, appId) => {
    expect(decodeEvent(body)).toMatchObject({ kind: 'app', appId });
  });

  it('of a new pod may be about any', () => {
    expect(decodeEvent({ eventType: 'pod_created_event', uri: '/v2/pods' })).toMatchObject({
      kind: 'group',
      groupId: '/',
    });
  });

  it('of a deployment names the apps of its steps, in the heavy shape and in the light one', () => {
    const heavy = {
      eventType: 'deployment_info',
      plan: {
        id: 'd-1',
        original: { id: '/', apps: [{ id: '/left-out' }] },
        steps: [{ action: 'ScaleApplication', app: '/my-app' }],
      },
      currentStep: { actions: [{ type: 'ScaleApplication', app: '/my-app' }] },
    };
    const light = {
      eventType: 'deployment_step_success',
      plan: { id: '1', steps: [{ actions: [{ action: 'StartPod', pod: '/p' }] }, { actions: [{ app: '/b' }] }] },
    };
    expect(decodeEvent(heavy)).toMatchObject({ kind: 'deployment', appIds: ['/my-app'] });
    expect(decodeEvent(light)).toMatchObject({ kind: 'deployment', appIds: ['/p', '/b'] });
    expect(decodeEvent({ eventType: 'deployment_success', id: '1' })).toMatchObject({ appIds: [] });
  });

  it('of a group names it', () => {
    expect(decodeEvent({ eventType: 'group_change_success', groupId: '/product' })).toMatchObject({
      kind: 'group',
      groupId: '/product',
    });
  });

  it.each(['event_stream_attached', 'framework_message_event', 'unheard_of', '__proto__'])(
    'of type %s means nothing here',
    (eventType) => {
      expect(decodeEvent({ eventType, anything: [] })).toEqual({ kind: 'other', eventType, timestamp: undefined });
      expect(EVENT_TYPES).not.toContain(eventType);
    },
  );

  it('of a failed probe is known, so that a callback gets no refusal for it, but is not asked for', () => {
    expect(decodeEvent({ eventType: 'failed_health_check_event', appId: '/a' }).kind).toBe('health');
    expect(EVENT_TYPES).not.toContain('failed_health_check_event');
  });

  it('takes its type from the stream where the body has none', () => {
    expect(decodeEvent({ appId: '/a' }, 'app_terminated_event')).toMatchObject({ kind: 'app', appId: '/a' });
  });

  it('that lacks what it needs is refused, and what is named', () => {
    expect(() => decodeEvent({ appId: '/a' })).toThrow('eventType: expected an id, got nothing');
    expect(() => decodeEvent({ eventType: 'status_update_event', appId: '/a', taskStatus: 'TASK_RUNNING' })).toThrow(
      'taskId: expected a string, got nothing',
    );
    expect(() => decodeEvent({ eventType: 'api_post_event', uri: '/v2/apps' })).toThrow(
      'appDefinition: expected an object, got nothing',
    );
    expect(() => decodeEvent('status_update_event')).toThrow('expected an object');
  });
});
