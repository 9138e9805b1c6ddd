import { describe, expect, it } from 'vitest';
import { decodePods } from '../../../src/marathon/decode-pod.ts';
import { decodeTasks } from '../../../src/marathon/decode-task.ts';
import { taskPhase } from '../../../src/marathon/task-phase.ts';

/** Its fields: mesosphere/marathon `examples/tasks.json` of 0.15. */
const old = {
  id: 'shop_cart.7d2a',
  host: 'host-2.example',
  ports: [31_555],
  startedAt: '2021-05-04T00:00:03.000Z',
  stagedAt: '2021-05-04T00:00:02.000Z',
  version: '2021-05-04T00:00:01.000Z',
  slaveId: null,
  appId: '/shop/cart',
  servicePorts: [10_007],
};

describe('a task', () => {
  it('of Marathon 0.15, which names no state, runs once it was started', () => {
    const [started, staged] = decodeTasks({ tasks: [old, { ...old, startedAt: null }] });
    expect(started).toMatchObject({ state: 'TASK_RUNNING', phase: 'running', agentId: undefined, ports: [31_555] });
    expect(staged).toMatchObject({ state: 'TASK_STAGING', phase: 'starting' });
  });

  it('of later versions has a state, addresses of its own and what its health checks said', () => {
    const [task] = decodeTasks({
      tasks: [
        {
          ...old,
          state: 'TASK_KILLING',
          slaveId: 'S24',
          ipAddresses: [{ ipAddress: '10.0.0.1', protocol: 'IPv4' }, { protocol: 'IPv4' }],
          healthCheckResults: [null, { alive: true, consecutiveFailures: 0, instanceId: 'x' }],
        },
      ],
    });
    expect(task).toMatchObject({
      phase: 'killing',
      agentId: 'S24',
      ipAddresses: [{ address: '10.0.0.1', protocol: 'IPv4' }],
      healthCheckResults: [{ alive: true, consecutiveFailures: 0 }],
    });
  });

  it('that is wrong is named by its path', () => {
    expect(() => decodeTasks({ tasks: [old, { ...old, ports: [-1] }] })).toThrow(
      'tasks[1].ports[0]: expected a port, got -1',
    );
    expect(() => decodeTasks({ tasks: [{ ...old, id: '' }] })).toThrow('tasks[0].id: expected an id, got ""');
  });
});

describe("a task's phase", () => {
  it.each([
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
    ['TASK_GONE', 'ended'],
    ['TASK_GONE_BY_OPERATOR', 'ended'],
    ['TASK_DROPPED', 'ended'],
    ['TASK_UNKNOWN', 'ended'],
    ['UnreachableInactive', 'unreachable'],
    ['Running', 'running'],
    ['TASK_OF_THE_FUTURE', 'unrecognised'],
    ['constructor', 'unrecognised'],
  ])('of %s is %s', (state, phase) => {
    expect(taskPhase(state)).toBe(phase);
  });
});

describe('a pod', () => {
  /** Made after `types/podStatus.raml` and `examples/pod.json` of mesosphere/marathon. */
  const pod = {
    id: '/pod',
    status: 'STABLE',
    spec: {
      id: '/pod',
      labels: { team: 'blue' },
      networks: [{ mode: 'container', name: 'dcos' }],
      scaling: { kind: 'fixed', instances: 1 },
      containers: [
        {
          name: 'web',
          endpoints: [{ name: 'http', containerPort: 80, hostPort: 0, protocol: ['tcp'], labels: { vip: 'a' } }],
          healthCheck: { http: { path: '/health', scheme: 'HTTPS', endpoint: 'http' }, intervalSeconds: 2 },
        },
        { name: 'side', healthCheck: { exec: { command: { shell: 'true' } } } },
      ],
    },
    instances: [
      {
        id: 'pod.instance-1',
        status: 'STABLE',
        agentHostname: 'srv1',
        networks: [{ name: 'dcos', addresses: ['10.1.0.2'] }],
        containers: [
          {
            name: 'web',
            status: 'TASK_RUNNING',
            containerId: 'pod.instance-1.web',
            endpoints: [{ name: 'http', allocatedHostPort: 31_001, healthy: true }],
          },
          { name: 'side', status: 'TASK_RUNNING', containerId: 'pod.instance-1.side' },
        ],
      },
    ],
  };

  it('has containers with endpoints, and instances with tasks', () => {
    const { read } = decodePods([pod]);
    expect(read).toMatchObject([
      {
        id: '/pod',
        wanted: 1,
        networks: [{ mode: 'container', name: 'dcos' }],
        containers: [
          {
            name: 'web',
            endpoints: [{ name: 'http', containerPort: 80, onHost: true, protocols: ['tcp'] }],
            healthCheck: { protocol: 'https', path: '/health', endpoint: 'http', intervalMs: 2_000 },
          },
          { name: 'side', endpoints: [], healthCheck: { protocol: 'command' } },
        ],
        instances: [
          {
            host: 'srv1',
            addresses: ['10.1.0.2'],
            containers: [
              {
                taskId: 'pod.instance-1.web',
                phase: 'running',
                endpoints: [{ name: 'http', hostPort: 31_001, healthy: true }],
              },
              { taskId: 'pod.instance-1.side', endpoints: [] },
            ],
          },
        ],
      },
    ]);
  });

  it('that cannot be read is told apart', () => {
    const { read, unreadable } = decodePods([{ ...pod, id: '/odd', spec: undefined }, pod]);
    expect(read).toHaveLength(1);
    expect(unreadable).toEqual([{ id: '/odd', problem: 'pods[0].spec: expected an object, got nothing' }]);
  });
});
