import { describe, expect, it } from 'vitest';
import { absentView, unreadView, viewOfApp, viewOfPod } from '../../../src/marathon/app-view.ts';
import { desiredState } from '../../../src/marathon/desired-state.ts';
import { appOf, podOf, taskOf } from '../../support/marathon-bridge-app.ts';

const rules = { registrationId: 'consular', healthChecks: true };

describe('what is to be in Consul', () => {
  it('tasks that run are registered; those that start, and those of a status nobody knows, stay as they are', () => {
    const states = ['TASK_RUNNING', 'TASK_STAGING', 'TASK_STARTING', 'TASK_WHAT', 'TASK_KILLED', 'TASK_UNREACHABLE'];
    const tasks = states.map((state) => taskOf({ id: state, state }));
    const app = desiredState([viewOfApp(appOf({ instances: 9 }), tasks)], rules).apps.get('/web');
    expect(app?.services.map(({ id }) => id)).toEqual(['TASK_RUNNING']);
    expect([...(app?.kept ?? [])]).toEqual(['TASK_STAGING', 'TASK_STARTING', 'TASK_WHAT']);
    expect([...(app?.unreachable ?? [])]).toEqual(['TASK_UNREACHABLE']);
    expect(app?.unknownStatuses).toEqual([{ taskId: 'TASK_WHAT', status: 'TASK_WHAT' }]);
    expect(app?.isWhole).toBe(false);
  });

  it('a task that a deployment finds not ready waits', () => {
    const readinessCheckResults = [{ name: 'r', taskId: 'web.1', ready: false }];
    const app = appOf({ readinessChecks: [{ name: 'r' }], readinessCheckResults });
    const desired = desiredState([viewOfApp(app, [taskOf(), taskOf({ id: 'web.2' })])], rules).apps.get('/web');
    expect(desired?.services.map(({ id }) => id)).toEqual(['web.2']);
    expect([...(desired?.kept ?? [])]).toEqual(['web.1']);
  });

  it('of ids that become one name none is registered or labelled, also with one that is not looked at', () => {
    const views = ['/a/b', '/a-b', '/c'].map((id) =>
      viewOfApp(appOf({ id, labels: { x: '1' } }), [taskOf({ id, appId: id })]),
    );
    const all = desiredState(views, rules);
    expect(all.clashes).toEqual([{ name: 'a-b', appIds: ['/a-b', '/a/b'] }]);
    expect([...all.apps.values()].map(({ state, services, labels }) => [state, services.length, labels?.size])).toEqual(
      [
        ['clashing', 0, undefined],
        ['clashing', 0, undefined],
        ['read', 1, 1],
      ],
    );
    expect(desiredState(views.slice(0, 1), rules, ['/a-b', '/x']).clashes).toHaveLength(1);
    expect(desiredState([absentView('/a-b'), ...views.slice(0, 1)], rules, ['/a-b']).clashes).toEqual([]);
  });

  it('an app that could not be read says nothing', () => {
    const app = desiredState([unreadView('/web', new Error('no'))], rules).apps.get('/web');
    expect(app).toMatchObject({ state: 'unread', services: [], labels: undefined });
  });
});

describe('pods', () => {
  const container = (name: string, endpoints: readonly object[]) => ({ name, endpoints });
  const status = (name: string, endpoints: readonly object[], state = 'TASK_RUNNING') => ({
    ...{ name, status: state, containerId: `pod.instance-1.${name}`, endpoints },
  });
  const pod = (containers: readonly object[], statuses: readonly object[], labels: object = {}) =>
    podOf({
      id: '/pod',
      spec: { id: '/pod', containers, labels, networks: [{ mode: 'container' }], scaling: { instances: 1 } },
      instances: [
        {
          ...{ id: 'pod.instance-1', status: 'STABLE', agentHostname: 'mesos-1', containers: statuses },
          networks: [{ name: 'net', addresses: ['10.9.0.1'] }],
        },
      ],
    });
  const servicesOf = (made: ReturnType<typeof pod>) =>
    desiredState([viewOfPod(made)], rules)
      .apps.get('/pod')
      ?.services.map((it) => `${it.id} ${it.name} ${it.address}:${it.port}`);

  it('a pod with one container is a service of its name', () => {
    const made = pod(
      [container('app', [{ name: 'http', containerPort: 80, hostPort: 0 }])],
      [status('app', [{ name: 'http', allocatedHostPort: 31_005 }])],
    );
    expect(servicesOf(made)).toEqual(['pod.instance-1.app pod mesos-1:31005']);
  });

  it('each of several containers is a service of its own, at the instance’s address when it has no host port', () => {
    const made = pod(
      [container('app', [{ name: 'http', containerPort: 80 }]), container('log', [])],
      [status('app', [{ name: 'http' }]), status('log', [], 'TASK_STAGING')],
      { 'consul-name': 'shop' },
    );
    expect(servicesOf(made)).toEqual(['pod.instance-1.app shop-app 10.9.0.1:80']);
    expect(desiredState([viewOfPod(made)], rules).apps.get('/pod')?.isWhole).toBe(false);
  });
});
