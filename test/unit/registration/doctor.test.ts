import { describe, expect, it } from 'vitest';
import type { AgentSelf, AgentService } from '../../../src/consul/decode/agent.ts';
import type { HealthCheck, HealthEntry } from '../../../src/consul/decode/health.ts';
import { desiredService } from '../../../src/registration/desired-service.ts';
import { type ConsulEvidence, diagnoseConsul } from '../../../src/registration/doctor/diagnose-consul.ts';
import { diagnoseRegistration } from '../../../src/registration/doctor/diagnose-registration.ts';
import { diagnoseSidecar, type SidecarEvidence } from '../../../src/registration/doctor/diagnose-sidecar.ts';
import type { Finding } from '../../../src/registration/doctor/finding.ts';
import type { DialResult, RegistrationEvidence } from '../../../src/registration/doctor/registration-evidence.ts';
import { CodedError } from '../../../src/runtime/coded-error.ts';
import { serviceSettings } from '../../support/registration-settings.ts';

const NODE = {
  id: '',
  name: 'n1',
  address: '10.0.0.7',
  datacenter: 'dc1',
  taggedAddresses: new Map(),
  meta: new Map(),
};

const desired = desiredService(serviceSettings({ name: 'orders', port: 8000 }), '10.0.0.7');
const { service } = desired;

function agentService(change: Partial<AgentService> = {}): AgentService {
  const { id, name, address, port, tags, meta, weights } = service;
  const plain = { id, name, address, port, tags, meta, weights, taggedAddresses: new Map(), kind: '' };
  return { ...plain, contentHash: '', enableTagOverride: false, ...change };
}

function check(change: Partial<HealthCheck> = {}): HealthCheck {
  const [{ id = '' } = {}] = service.checks;
  const text = { name: 'orders http', notes: '', output: 'HTTP GET: 200 OK', type: 'http' };
  const owner = { node: 'n1', serviceId: service.id, serviceName: 'orders', serviceTags: [] };
  return { id, status: 'passing', ...text, ...owner, ...change };
}

function entry(change: Partial<AgentService> = {}, node: Partial<HealthEntry['node']> = {}): HealthEntry {
  return { node: { ...NODE, ...node }, service: agentService(change), checks: [] };
}

function seen(change: Partial<RegistrationEvidence> = {}): RegistrationEvidence {
  return {
    desired,
    isAddressChosen: false,
    consulAddress: 'http://127.0.0.1:8500',
    nodeName: 'n1',
    nodeAddress: '10.0.0.7',
    services: new Map([[service.id, agentService()]]),
    checks: [check()],
    catalog: [entry()],
    nodeCount: 3,
    localAddresses: ['10.0.0.7'],
    dials: new Map<string, DialResult>([['10.0.0.7:8000', 'answers']]),
    ...change,
  };
}

const problems = (findings: readonly Finding[]) =>
  findings.filter(({ level }) => level === 'problem').map(({ code }) => code);

describe('the doctor, of a registration', () => {
  const diagnosed = (change: Partial<RegistrationEvidence>) => diagnoseRegistration(seen(change));

  it('finds nothing wrong when all agree', () => {
    expect(diagnosed({}).map(({ level }) => level)).toEqual(['fine', 'fine', 'fine', 'fine']);
  });

  it('names an agent that the catalog does not follow', () => {
    expect(problems(diagnosed({ catalog: [] }))).toEqual(['not_in_catalog']);
  });

  it('does not judge a catalog that it may not read', () => {
    expect(problems(diagnosed({ catalog: undefined }))).toEqual([]);
  });

  it('names an app that listens on loopback only', () => {
    const dials = new Map<string, DialResult>([
      ['10.0.0.7:8000', 'refuses'],
      ['127.0.0.1:8000', 'answers'],
    ]);
    const [found] = diagnosed({ dials }).filter(({ level }) => level === 'problem');
    expect(found?.message).toContain('listens on 127.0.0.1:8000 only');
  });

  it('names a firewall, by the silence', () => {
    const [found] = diagnosed({ dials: new Map([['10.0.0.7:8000', 'silent']]) }).filter(
      ({ level }) => level === 'problem',
    );
    expect([found?.code, found?.remedy]).toEqual(['unreachable_address', 'look at the firewall']);
  });

  it('names an app that answers here and not at Consul’s node', () => {
    const failing = check({ status: 'critical', output: 'Get "http://10.0.0.7:8000/health": dial tcp: i/o timeout' });
    expect(problems(diagnosed({ checks: [failing] }))).toEqual(['unreachable_from_node']);
  });

  it('supposes another program behind a 404', () => {
    const failing = check({ status: 'critical', output: 'HTTP GET http://10.0.0.7:8000/health: 404 Not Found' });
    const [found] = diagnosed({ checks: [failing] }).filter(({ level }) => level === 'problem');
    expect(found?.remedy).toContain('another program answers on this port');
  });

  it('names a maintenance with its reason', () => {
    const maintenance = check({ id: `_service_maintenance:${service.id}`, status: 'critical', notes: 'disk swap' });
    const [found] = diagnosed({ checks: [check(), maintenance] }).filter(({ level }) => level === 'problem');
    expect([found?.code, found?.message]).toEqual(['maintenance', 'it is in maintenance: disk swap']);
  });

  it('names what differs from the wanted registration', () => {
    const services = new Map([[service.id, agentService({ tags: ['old'] })]]);
    expect(problems(diagnosed({ services }))).toEqual(['registration_differs']);
  });

  it('names what an agent that is gone left in the catalog', () => {
    const ghost = entry({ id: 'orders-old' }, { name: 'n1-before' });
    const elsewhere = entry({ id: 'orders-2', address: '10.0.0.8' }, { name: 'n2' });
    const found = diagnosed({ catalog: [entry(), ghost, elsewhere] }).filter(({ level }) => level === 'problem');
    expect(found.map(({ code }) => code)).toEqual(['orphan']);
    expect(found[0]?.remedy).toContain('"Node":"n1-before","ServiceID":"orders-old"');
  });

  it('lets another instance on the same machine be', () => {
    const other = agentService({ id: 'orders-2', port: 8001 });
    const services = new Map([service, other].map((each) => [each.id, agentService({ id: each.id, port: each.port })]));
    const catalog = [entry(), entry({ id: other.id, port: 8001 })];
    const dials = new Map<string, DialResult>([
      ['10.0.0.7:8000', 'answers'],
      ['10.0.0.7:8001', 'answers'],
    ]);
    expect(problems(diagnosed({ services, catalog, dials }))).toEqual([]);
  });
});

const SELF: AgentSelf = {
  nodeName: 'n1',
  nodeId: '',
  datacenter: 'dc1',
  server: true,
  version: '1.8.7',
  address: '10.0.0.7',
  meta: new Map(),
  raw: {},
};

describe('the doctor, of Consul', () => {
  const diagnosed = (change: Partial<ConsulEvidence>) =>
    diagnoseConsul({
      address: 'http://127.0.0.1:8500',
      failure: undefined,
      hasLeader: true,
      self: SELF,
      rights: undefined,
      hasToken: false,
      clockSkewMs: 0,
      connections: { open: 12, limit: 200 },
      versionNeeds: [],
      ...change,
    });
  const failure = (message: string, code = 'consul_unreachable') =>
    new CodedError(message, { code, side: 'internal', retryable: true });

  it('finds nothing wrong with a healthy one', () => {
    expect(diagnosed({}).every(({ level }) => level === 'fine')).toBe(true);
  });

  it('names the missing leader', () => {
    expect(problems(diagnosed({ hasLeader: false }))).toEqual(['consul_no_leader']);
  });

  it('names clocks that do not agree, either way', () => {
    expect(diagnosed({ clockSkewMs: -3_600_000 }).find(({ code }) => code === 'clock')?.message).toContain(
      '3600 s behind',
    );
    expect(problems(diagnosed({ clockSkewMs: 6_000 }))).toEqual(['clock']);
    expect(problems(diagnosed({ clockSkewMs: 4_000 }))).toEqual([]);
  });

  it('names a connection limit that is near, and one that is reached', () => {
    expect(problems(diagnosed({ connections: { open: 160, limit: 200 } }))).toEqual(['consul_connections']);
    expect(problems(diagnosed({ failure: failure('reset'), connections: { open: 200, limit: 200 } }))).toEqual([
      'consul_connection_limit',
    ]);
  });

  it('names a version that is too old for a setting', () => {
    const versionNeeds = [
      { setting: 'consul.partition', since: '1.11' },
      { setting: 'service.check.rise', since: '1.7' },
    ];
    const found = diagnosed({ versionNeeds }).filter(({ level }) => level === 'problem');
    expect(found.map(({ message }) => message)).toEqual([
      'Consul 1.8.7, node n1, datacenter dc1: consul.partition needs 1.11',
    ]);
    expect(problems(diagnosed({ versionNeeds, self: { ...SELF, version: '1.22.0-rc1' } }))).toEqual([]);
  });

  it('makes no problem of a token without agent:read', () => {
    const denied = failure('GET /v1/agent/self: 403 Permission denied', 'consul_permission_denied');
    const rights = [{ resource: 'agent', access: 'read', segment: 'n1', isAllowed: false }] as const;
    expect(problems(diagnosed({ self: denied, rights }))).toEqual([]);
  });
});

describe('the doctor, of the sidecar', () => {
  const diagnosed = (change: Partial<SidecarEvidence>) =>
    diagnoseSidecar({
      url: 'http://127.0.0.1:7701',
      version: '1.2.3',
      ownVersion: '1.2.3',
      readiness: { ready: true, reasons: [] },
      registration: { state: 'registered', name: 'orders' },
      wantedName: 'orders',
      proxies: [{ place: '127.0.0.1:7700', dial: 'answers' }],
      ...change,
    });

  it('finds nothing wrong with a healthy one', () => {
    expect(diagnosed({}).map(({ level }) => level)).toEqual(['fine']);
  });

  it('names another version, a proxy port that is closed, a stale view and another service', () => {
    expect(problems(diagnosed({ version: '1.2.2' }))).toEqual(['sidecar_version']);
    expect(problems(diagnosed({ proxies: [{ place: '127.0.0.1:7700', dial: 'refuses' }] }))).toEqual([
      'proxy_unreachable',
    ]);
    expect(problems(diagnosed({ readiness: { ready: true, reasons: ['no catalog'] } }))).toEqual(['sidecar_stale']);
    expect(problems(diagnosed({ wantedName: 'billing' }))).toEqual(['sidecar_config']);
  });

  it('passes on why the sidecar could not register', () => {
    const registration = { state: 'registering', name: 'orders', lastError: { message: 'no cluster leader' } };
    expect(diagnosed({ registration }).at(-1)?.message).toContain('registering: no cluster leader');
  });
});
