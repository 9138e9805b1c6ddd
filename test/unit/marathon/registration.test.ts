import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { appName } from '../../../src/marathon/app-name.ts';
import { isOwnTag, ownAppId, ownTags } from '../../../src/marathon/own-tags.ts';
import { taskOfService, taskRegistration } from '../../../src/marathon/registration.ts';
import { appOf, taskOf } from '../../support/marathon-bridge-app.ts';

const rules = { registrationId: 'consular', healthChecks: true };

const servicesOf = (app: object, task: object = {}) => taskRegistration(taskOf(task), appOf(app), rules).services;
const warningsOf = (app: object, task: object = {}) => taskRegistration(taskOf(task), appOf(app), rules).warnings;

describe('names and tags', () => {
  it('slashes in an app id become dashes, but for the first', () => {
    expect(['/web', '/a/b/c', '/a-b/c', 'web'].map(appName)).toEqual(['web', 'a-b-c', 'a-b-c', 'web']);
  });

  it('tags tell the app letter by letter, whatever it is called', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1 }), (id, app) => {
        expect(ownAppId(['other', ...ownTags(id, app)], id)).toBe(app);
        expect(ownAppId(ownTags(id, app), `${id}2`)).toBeUndefined();
        expect(ownTags(id, app).every(isOwnTag)).toBe(true);
      }),
    );
  });
});

describe('ports', () => {
  it('the label consul-port chooses one by its index, and a wrong one is told', () => {
    const portDefinitions = [{}, {}];
    const task = { ports: [31_009, 31_005] };
    expect(servicesOf({ portDefinitions }, task)).toMatchObject([{ port: 31_005 }]);
    expect(servicesOf({ portDefinitions, labels: { 'consul-port': '0' } }, task)).toMatchObject([{ port: 31_009 }]);
    expect(warningsOf({ portDefinitions, labels: { 'consul-port': '7' } }, task)[0]).toContain('index 7');
    expect(warningsOf({ portDefinitions, labels: { 'consul-port': 'http' } }, task)[0]).toContain('"http"');
  });

  it('the labels consul-name and consul-tags say name and further tags; none can pretend to be the bridge’s', () => {
    const labels = { 'consul-name': 'shop', 'consul-tags': 'a, b,,a,consular-reg-id=other' };
    const { services, warnings } = taskRegistration(taskOf(), appOf({ labels }), rules);
    const tags = ['consular-reg-id=consular', 'consular-app-id=/web', 'a', 'b'];
    expect(services).toMatchObject([{ name: 'shop', tags, id: 'web.1' }]);
    expect(warnings[0]).toContain('consular-reg-id=other');
  });

  it('the label consul-ports makes named ports, or all, services of their own beside the app’s', () => {
    const portDefinitions = [{ name: 'http' }, {}, { name: 'admin' }];
    const task = { ports: [1, 2, 3] };
    const of = (ports: string) =>
      servicesOf({ portDefinitions, labels: { 'consul-ports': ports } }, task).map(
        (it) => `${it.id} ${it.name} ${it.port}`,
      );
    expect(of('named')).toEqual(['web.1 web 1', 'web.1:http web-http 1', 'web.1:admin web-admin 3']);
    expect(of('all')).toEqual(['web.1 web 1', 'web.1:http web-http 1', 'web.1:1 web-1 2', 'web.1:admin web-admin 3']);
    expect(of('some')).toEqual(['web.1 web 1']);
  });

  it('a port’s own labels make it a service', () => {
    const portDefinitions = [{}, { name: 'admin', labels: { 'consul-name': 'web-ops', 'consul-tags': 'ops' } }];
    const services = servicesOf({ portDefinitions }, { ports: [1, 2] });
    expect(services[1]).toMatchObject({ id: 'web.1:admin', name: 'web-ops', port: 2 });
    expect(services[1]?.tags).toEqual(['consular-reg-id=consular', 'consular-app-id=/web', 'ops']);
  });

  it('ids of a task’s services are never the same, and tell the task', () => {
    const names = fc.array(fc.option(fc.constantFrom('http', '0', '1', 'port-1', 'a')), { maxLength: 6 });
    fc.assert(
      fc.property(names, (ports) => {
        const portDefinitions = ports.map((name) => (name === null ? {} : { name }));
        const task = { ports: ports.map((_, index) => 31_000 + index) };
        const ids = servicesOf({ portDefinitions, labels: { 'consul-ports': 'all' } }, task).map(({ id }) => id);
        expect(new Set(ids).size).toBe(ports.length + 1);
        expect(new Set(ids.map(taskOfService))).toEqual(new Set(['web.1']));
      }),
    );
  });
});

describe('addresses', () => {
  const container = (mapping: object) => ({
    networks: [{ mode: 'container' }],
    container: { portMappings: [mapping] },
  });

  it('a task on a container network is reached at its own address and port, one with a host port at the host', () => {
    const ipAddresses = [{ ipAddress: '10.9.0.1', protocol: 'IPv4' }];
    const own = servicesOf(container({ containerPort: 80 }), { ports: [], ipAddresses });
    expect(own).toMatchObject([{ address: '10.9.0.1', port: 80, host: 'mesos-1' }]);
    const mapped = servicesOf(container({ containerPort: 80, hostPort: 0 }), { ports: [31_000], ipAddresses });
    expect(mapped).toMatchObject([{ address: 'mesos-1', port: 31_000 }]);
  });

  it('a task on its host’s network is reached at its host, though Mesos tells an address', () => {
    const ipAddresses = [{ ipAddress: '10.9.0.1', protocol: 'IPv4' }];
    expect(servicesOf({}, { ports: [], ipAddresses })).toMatchObject([{ address: 'mesos-1', port: undefined }]);
  });

  it('a task without a host is not registered, and told', () => {
    expect(servicesOf({}, { host: undefined })).toEqual([]);
    expect(warningsOf({}, { host: undefined })[0]).toContain('no host');
  });

  it('a task of an app that nobody has is registered as it says', () => {
    const { services } = taskRegistration(taskOf({ ports: [31_002, 31_001] }), undefined, rules);
    expect(services).toMatchObject([{ id: 'web.1', name: 'web', port: 31_001, checks: [] }]);
  });
});

describe('health checks', () => {
  const checksOf = (checks: readonly object[], app: object = {}, task: object = {}) =>
    servicesOf({ healthChecks: checks, ...app }, task)[0]?.checks ?? [];
  const probeOf = (check: object, app: object = {}, task: object = {}) => checksOf([check], app, task)[0]?.probe;

  it('become Consul’s, with the port by its index or as it is given', () => {
    const times = { intervalSeconds: 5, timeoutSeconds: 2 };
    const interval = { intervalMs: 5_000, timeoutMs: 2_000 };
    const two = [{ portDefinitions: [{}, {}] }, { ports: [31_001, 31_002] }] as const;
    expect(probeOf({ protocol: 'HTTP', path: '/up', ...times })).toEqual({
      kind: 'http',
      url: 'http://mesos-1:31001/up',
      ...interval,
    });
    expect(probeOf({ protocol: 'MESOS_HTTP', portIndex: 1, ...times }, ...two)).toMatchObject({
      url: 'http://mesos-1:31002/',
    });
    expect(probeOf({ protocol: 'HTTPS', ...times })).toMatchObject({
      url: 'https://mesos-1:31001/',
      tlsSkipVerify: true,
    });
    expect(probeOf({ protocol: 'TCP', ...times })).toEqual({ kind: 'tcp', address: 'mesos-1:31001', ...interval });
    expect(probeOf({ protocol: 'MESOS_TCP', port: 9999, ...times })).toMatchObject({ address: 'mesos-1:9999' });
  });

  it('a port inside a bridged container is the one of its host', () => {
    const app = {
      networks: [{ mode: 'container/bridge' }],
      container: { portMappings: [{ containerPort: 80 }, { containerPort: 81 }] },
    };
    const task = { ports: [31_001, 31_002] };
    expect(probeOf({ protocol: 'MESOS_HTTP', port: 81 }, app, task)).toMatchObject({ url: 'http://mesos-1:31002/' });
    expect(probeOf({ protocol: 'MESOS_TCP', port: 99 }, app, task)).toBeUndefined();
  });

  it('a command, or a port that is not reached, is left out and told', () => {
    const healthChecks = [
      { protocol: 'COMMAND', command: { value: 'true' } },
      { protocol: 'TCP', portIndex: 5 },
    ];
    expect(checksOf(healthChecks)).toEqual([]);
    expect(warningsOf({ healthChecks })).toEqual([
      'health check 0 (COMMAND) is left out: Consul does not run commands inside a task',
      'health check 1 (TCP) is left out: its port is not one that is reached from the host',
    ]);
  });

  it('keep Consul’s floor of a second, and begin as Marathon has found the task, else critical', () => {
    expect(probeOf({ protocol: 'TCP', intervalSeconds: 0 })).toMatchObject({ intervalMs: 1_000 });
    const status = (results: readonly object[]) =>
      checksOf([{ protocol: 'TCP' }], {}, { healthCheckResults: results })[0]?.status;
    expect([status([]), status([{ alive: false }]), status([{ alive: true }])]).toEqual([
      'critical',
      'critical',
      'passing',
    ]);
  });

  it('failures in a row count as in Marathon, where 0 and 1 say nothing', () => {
    const patience = [0, 1, 3].map((count) => checksOf([{ protocol: 'TCP', maxConsecutiveFailures: count }])[0]);
    expect(patience.map((check) => check?.failuresBeforeCritical)).toEqual([undefined, undefined, 2]);
  });

  it('another definition is another id, another status is not', () => {
    const id = (check: object, task: object = {}) => checksOf([{ protocol: 'TCP', ...check }], {}, task)[0]?.id;
    expect(id({})).toBe(id({}, { healthCheckResults: [{ alive: true }] }));
    expect(id({})).not.toBe(id({ intervalSeconds: 7 }));
    expect(id({})).not.toBe(id({}, { ports: [31_007] }));
    expect(id({})?.startsWith('web.1:')).toBe(true);
  });

  it('a further service of a task is as well as its first', () => {
    const labels = { 'consul-ports': 'all' };
    const services = servicesOf({ healthChecks: [{ protocol: 'TCP' }], labels });
    expect(services[1]?.checks).toMatchObject([
      { id: 'web.1:0:check-alias', probe: { kind: 'alias', service: 'web.1' } },
    ]);
  });

  it('without the setting there are none', () => {
    const app = appOf({ healthChecks: [{ protocol: 'TCP' }] });
    expect(taskRegistration(taskOf(), app, { ...rules, healthChecks: false }).services[0]?.checks).toEqual([]);
  });
});
