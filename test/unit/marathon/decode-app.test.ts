import { describe, expect, it } from 'vitest';
import { decodeApp, decodeApps, decodeSingleApp } from '../../../src/marathon/decode-app.ts';

/** What the shapes have in common; their fields: mesosphere/marathon `rest-api/public/api/v2/examples/app.json`. */
const base = { id: '/foo', instances: 2, labels: { team: 'blue' }, version: '2021-05-03T00:00:00.000Z' };

describe('an app', () => {
  it('of Marathon 0.15 has the ports of its Docker mappings on a bridge', () => {
    const app = decodeApp({
      ...base,
      container: {
        type: 'DOCKER',
        docker: {
          network: 'BRIDGE',
          portMappings: [{ containerPort: 80, hostPort: 0, protocol: 'tcp', servicePort: 10_011 }],
        },
      },
      ports: [10_011],
      ipAddress: null,
    });
    expect(app.networks).toEqual([{ mode: 'bridge', name: undefined }]);
    expect(app.ports).toEqual([
      {
        name: undefined,
        protocols: ['tcp'],
        labels: new Map(),
        containerPort: 80,
        hostPortIndex: 0,
        servicePort: 10_011,
      },
    ]);
    expect(app.labels).toEqual(new Map([['team', 'blue']]));
  });

  it('on a bridge without mappings has its plain ports', () => {
    const container = { type: 'DOCKER', docker: { network: 'BRIDGE', portMappings: null } };
    const { ports, networks } = decodeApp({ ...base, container, ports: [10_000] });
    expect(networks).toEqual([{ mode: 'bridge', name: undefined }]);
    expect(ports).toMatchObject([{ servicePort: 10_000, hostPortIndex: 0 }]);
  });

  it('of Marathon 0.15 without a container has its plain ports', () => {
    const { ports, networks } = decodeApp({ ...base, container: null, ports: [10_000, 10_001] });
    expect(networks).toEqual([{ mode: 'host', name: undefined }]);
    expect(ports.map((port) => [port.hostPortIndex, port.servicePort])).toEqual([
      [0, 10_000],
      [1, 10_001],
    ]);
  });

  it('with an address per task has the ports it says are discovered, none of them on the host', () => {
    const { ports, networks } = decodeApp({
      ...base,
      ipAddress: { networkName: 'overlay', discovery: { ports: [{ number: 8080, name: 'rest', protocol: 'tcp' }] } },
      ports: [],
    });
    expect(networks).toEqual([{ mode: 'container', name: 'overlay' }]);
    expect(ports).toMatchObject([{ name: 'rest', containerPort: 8080, hostPortIndex: undefined }]);
  });

  it('of Marathon 1.0 has port definitions with names, labels and both protocols', () => {
    const { ports } = decodeApp({
      ...base,
      ports: [9000],
      portDefinitions: [{ port: 9000, protocol: 'udp,tcp', name: 'http', labels: { vip: '10.9.8.7:80' } }],
    });
    expect(ports).toEqual([
      {
        name: 'http',
        protocols: ['udp', 'tcp'],
        labels: new Map([['vip', '10.9.8.7:80']]),
        containerPort: undefined,
        hostPortIndex: 0,
        servicePort: 9000,
      },
    ]);
  });

  it('of Marathon 1.5 has its mappings beside docker, and only those with a host port have a place on the host', () => {
    const { ports, networks } = decodeApp({
      ...base,
      networks: [{ mode: 'container', name: 'dcos' }],
      container: {
        type: 'MESOS',
        docker: { image: 'web' },
        portMappings: [
          { containerPort: 8080, name: 'http', servicePort: 10_001 },
          { containerPort: 9090, hostPort: 0, name: 'admin', servicePort: 10_002 },
        ],
      },
    });
    expect(networks).toEqual([{ mode: 'container', name: 'dcos' }]);
    expect(ports.map((port) => [port.name, port.hostPortIndex])).toEqual([
      ['http', undefined],
      ['admin', 0],
    ]);
  });

  it('has health checks with the defaults of Marathon, whoever runs them', () => {
    const { healthChecks } = decodeApp({
      ...base,
      healthChecks: [
        { protocol: 'MESOS_HTTP', path: '/ping', portIndex: 1, intervalSeconds: 20, timeoutSeconds: 5 },
        { protocol: 'TCP', port: 8080 },
        { protocol: 'COMMAND', command: { value: 'true' } },
        { protocol: 'QUIC' },
      ],
    });
    expect(healthChecks).toMatchObject([
      { protocol: 'http', protocolName: 'MESOS_HTTP', path: '/ping', portIndex: 1, intervalMs: 20_000 },
      { protocol: 'tcp', port: 8080, portIndex: undefined, gracePeriodMs: 300_000, timeoutMs: 20_000 },
      { protocol: 'command', portIndex: undefined, port: undefined },
      { protocol: 'other', protocolName: 'QUIC', portIndex: 0 },
    ]);
  });

  it('has readiness checks and what they said', () => {
    const app = decodeApp({
      ...base,
      readinessChecks: [{ portName: 'http', path: '/v1/plan', protocol: 'HTTPS' }],
      readinessCheckResults: [{ name: 'readinessCheck', taskId: 'foo.1', ready: false }],
    });
    expect(app.readinessChecks).toEqual([
      {
        name: 'readinessCheck',
        protocol: 'https',
        path: '/v1/plan',
        portName: 'http',
        intervalMs: 30_000,
        timeoutMs: 10_000,
      },
    ]);
    expect(app.readinessResults).toEqual([{ name: 'readinessCheck', taskId: 'foo.1', ready: false }]);
  });

  it('tells whether its tasks were asked for', () => {
    expect(decodeApp(base).tasks).toBeUndefined();
    expect(decodeApp({ ...base, tasks: [] }).tasks).toEqual([]);
  });

  it('that cannot be read is told apart, with the path of what is wrong, and hides no other', () => {
    const { read, unreadable } = decodeApps({ apps: [{ ...base, id: '/odd', ports: [1, 'x'] }, base] });
    expect(read.map(({ id }) => id)).toEqual(['/foo']);
    expect(unreadable).toEqual([{ id: '/odd', problem: 'apps[0].ports[1]: expected a port, got "x"' }]);
  });

  it('without an id makes the whole answer unreadable, as nobody could tell what to leave alone', () => {
    expect(() => decodeApps({ apps: [base, { instances: 1 }] })).toThrow('apps[1].id: expected a string, got nothing');
    expect(() => decodeApps([])).toThrow('expected an object, got a list');
  });

  it('alone is read from its envelope', () => {
    expect(decodeSingleApp({ app: base }).id).toBe('/foo');
    expect(() => decodeSingleApp({ app: { ...base, container: { docker: { network: 'X' } } } })).toThrow(
      'app.container.docker.network: expected a network mode, got "X"',
    );
  });
});
