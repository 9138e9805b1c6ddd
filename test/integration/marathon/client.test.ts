import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MarathonClient, type MarathonClientOptions } from '../../../src/marathon/marathon-client.ts';
import { MarathonError } from '../../../src/marathon/marathon-error.ts';
import { FakeMarathon, type FakeMarathonOptions } from '../../fakes/marathon/fake-marathon.ts';
import type { FakeVersion } from '../../fakes/marathon/marathon-version.ts';
import { freePorts } from '../../support/free-port.ts';

interface Stage extends AsyncDisposable {
  readonly marathon: FakeMarathon;
  readonly client: MarathonClient;
}

async function stage(options: FakeMarathonOptions = {}, client: Partial<MarathonClientOptions> = {}): Promise<Stage> {
  const marathon = await FakeMarathon.start(options);
  const opened = new MarathonClient({ addresses: marathon.addresses, ...client });
  return {
    marathon,
    client: opened,
    async [Symbol.asyncDispose]() {
      await opened.close();
      await marathon[Symbol.asyncDispose]();
    },
  };
}

async function failure(call: Promise<unknown>): Promise<MarathonError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(MarathonError);
  return error as MarathonError;
}

describe('the client of Marathon', () => {
  it.each<FakeVersion>(['0.15', '1.1', '1.4', '1.5', '1.8', '1.11'])(
    'reads apps, their tasks and their ports from version %s',
    async (version) => {
      await using it = await stage({ version });
      const labels = { 'consul-name': 'web', note: 'a'.repeat(600_000) };
      it.marathon.deploy({
        id: '/group/web',
        instances: 2,
        labels,
        network: 'bridge',
        ports: [{ name: 'http', containerPort: 8080 }, { containerPort: 9090 }],
        healthChecks: [{ protocol: 'HTTP', path: '/ping', portIndex: 0 }],
      });
      const { read, unreadable } = await it.client.apps();
      expect(unreadable).toEqual([]);
      expect(read).toMatchObject([
        {
          id: '/group/web',
          instances: 2,
          labels: new Map(Object.entries(labels)),
          networks: [{ mode: 'bridge' }],
          ports: [
            { name: 'http', containerPort: 8080, hostPortIndex: 0 },
            { containerPort: 9090, hostPortIndex: 1 },
          ],
          healthChecks: [{ protocol: 'http', path: '/ping', portIndex: 0 }],
        },
      ]);
      const tasks = read[0]?.tasks ?? [];
      expect(tasks.map(({ phase }) => phase)).toEqual(['running', 'running']);
      expect(tasks[0]?.ports).toHaveLength(2);
      expect(tasks[0]?.healthCheckResults).toMatchObject([{ alive: true }]);
      expect(await it.client.tasks('/group/web')).toEqual(tasks);
      expect(await it.client.allTasks()).toEqual(tasks);
      expect(await it.client.app('/group/web')).toMatchObject({ id: '/group/web', tasks });
      expect((await it.client.info()).version).toMatch(new RegExp(`^${version.replace('.', '[.]')}[.]`));
    },
  );

  it('says undefined of an app that Marathon does not have, and no tasks of it', async () => {
    await using it = await stage();
    expect(await it.client.app('/gone')).toBeUndefined();
    expect(await it.client.tasks('/gone')).toEqual([]);
    expect(await it.client.pod('/gone')).toBeUndefined();
  });

  it('takes a 404 that is not of Marathon for an error, not for an app that is gone', async () => {
    await using it = await stage();
    it.marathon.faults.plan(/apps/, { kind: 'status', status: 404, body: '<html>no such backend</html>' });
    const error = await failure(it.client.app('/web'));
    expect(error.code).toBe('marathon_not_found');
    expect(error.message).toContain('404 no such backend (is this the address of Marathon, with its path?)');
  });

  it('reads pods from 1.4 on, and none before', async () => {
    const pod = { id: '/pod', containers: [{ name: 'web', endpoints: [{ name: 'http', hostPort: 0 }] }] };
    await using newer = await stage({ version: '1.4' });
    newer.marathon.deployPod(pod);
    const { read } = await newer.client.pods();
    expect(read).toMatchObject([{ id: '/pod', instances: [{ containers: [{ phase: 'running' }] }] }]);
    expect(await newer.client.pod('/pod')).toEqual(read[0]);
    await using older = await stage({ version: '1.1' });
    expect(await older.client.pods()).toEqual({ read: [], unreadable: [] });
  });

  it('takes a 404 of pods for an error where the version has them', async () => {
    await using it = await stage({ version: '1.8' });
    it.marathon.faults.plan(/pods/, { kind: 'status', status: 404, body: '' });
    expect((await failure(it.client.pods())).code).toBe('marathon_not_found');
  });

  it('encodes odd characters of an app id, and stays below /v2/apps', async () => {
    await using it = await stage();
    expect(await it.client.app('/a b/?x=1#y%2e')).toBeUndefined();
    expect(it.marathon.requests).toEqual(['GET /v2/apps/a%20b/%3Fx%3D1%23y%252e?embed=app.tasks&embed=app.readiness']);
  });

  it('subscribes and unsubscribes a callback', async () => {
    await using it = await stage({ version: '1.4' });
    const url = 'http://127.0.0.1:1/events?registration=a b';
    await it.client.subscribe(url);
    expect(await it.client.callbackUrls()).toEqual([url]);
    await it.client.unsubscribe(url);
    expect(await it.client.callbackUrls()).toEqual([]);
  });

  it.each([
    ['0.15', 400, 'is not running on this Marathon instance'],
    ['1.5', 404, 'URI not found: /v2/eventSubscriptions'],
  ] as const)('hears from version %s without callbacks why there are none', async (version, status, words) => {
    await using it = await stage({ version });
    it.marathon.callbacksOn = false;
    const error = await failure(it.client.callbackUrls());
    expect(error.status).toBe(status);
    expect(error.message).toContain(words);
  });

  it('knows who leads, and that nobody does', async () => {
    await using it = await stage({ addresses: 2 });
    expect(await it.client.leader()).toBe(it.marathon.addresses[0]?.replace('http://', ''));
    it.marathon.elect(undefined);
    const error = await failure(it.client.leader());
    expect(error.code).toBe('marathon_no_leader');
    expect(error.message).toContain('502 Could not determine the current leader; also GET');
  });

  it('works behind a path, such as that of an admin router', async () => {
    await using it = await stage({ prefix: '/service/marathon' });
    it.marathon.deploy({ id: '/web' });
    expect((await it.client.apps()).read).toHaveLength(1);
    expect(it.marathon.requests).toEqual(['GET /service/marathon/v2/apps?embed=apps.tasks&embed=apps.readiness']);
  });
});

describe('credentials for Marathon', () => {
  it('go as HTTP Basic', async () => {
    await using it = await stage({ auth: 'user:p:w' }, { auth: 'user:p:w' });
    expect((await it.client.apps()).read).toEqual([]);
  });

  it('go as the token header of DC/OS', async () => {
    await using it = await stage({ token: 'eyJ' }, { token: 'eyJ' });
    expect((await it.client.apps()).read).toEqual([]);
  });

  it('that are wrong or missing are an error that names what to set and shows none of them', async () => {
    await using it = await stage({ auth: 'user:right' }, { auth: 'user:secret' });
    const denied = await failure(it.client.apps());
    expect(denied.code).toBe('marathon_permission_denied');
    expect(denied.retryable).toBe(false);
    expect(denied.message).toContain('401 401 Unauthorized: set --marathon-auth or --marathon-token');
    const body = JSON.stringify({ message: `who is secret, or ${Buffer.from('user:secret').toString('base64')}?` });
    it.marathon.faults.plan(/apps/, { kind: 'status', status: 403, body });
    expect((await failure(it.client.apps())).message).toContain('403 who is [redacted], or [redacted]?');
  });

  it('in an address are refused, and not shown', () => {
    expect(() => new MarathonClient({ addresses: ['http://user:secret@host:8080'] })).toThrow(
      /^an address of Marathon carries no user or password: set --marathon-auth$/,
    );
  });
});

describe('TLS towards Marathon', () => {
  const pem = (name: string) => readFileSync(new URL(`../../support/consul-tls/${name}.pem`, import.meta.url), 'utf8');
  const tls = { cert: pem('server'), key: pem('server-key') };

  it('trusts the authority that is set, and no other', async () => {
    await using it = await stage({ tls }, { tls: { ca: pem('ca') } });
    expect((await it.client.apps()).read).toEqual([]);
    const distrustful = new MarathonClient({ addresses: it.marathon.addresses });
    const error = await failure(distrustful.apps());
    expect(error.code).toBe('marathon_unreachable');
    expect(error.message).toMatch(/certificate/);
    await distrustful.close();
    const trustful = new MarathonClient({ addresses: it.marathon.addresses, tls: { verify: false } });
    expect((await trustful.apps()).read).toEqual([]);
    await trustful.close();
  });

  it('asks for the name that is set', async () => {
    await using right = await stage({ tls }, { tls: { ca: pem('ca'), serverName: 'server.dc1.consul' } });
    expect((await right.client.apps()).read).toEqual([]);
    await using wrong = await stage({ tls }, { tls: { ca: pem('ca'), serverName: 'server.dc2.consul' } });
    expect((await failure(wrong.client.apps())).message).toMatch(/server.dc2.consul/);
  });

  it('shows our own certificate', async () => {
    const mutual = { ...tls, ca: pem('ca'), requestCert: true, rejectUnauthorized: true };
    const known = { ca: pem('ca'), cert: pem('client'), key: pem('client-key') };
    await using it = await stage({ tls: mutual }, { tls: known });
    expect((await it.client.apps()).read).toEqual([]);
    const stranger = new MarathonClient({ addresses: it.marathon.addresses, tls: { ca: pem('ca') } });
    expect((await failure(stranger.apps())).code).toBe('marathon_unreachable');
    await stranger.close();
  });
});

describe('several addresses of Marathon', () => {
  it('are tried one after the other, and the one that answers is kept', async () => {
    const [dead] = await freePorts(1);
    await using it = await stage();
    const client = new MarathonClient({ addresses: [`127.0.0.1:${dead}`, ...it.marathon.addresses] });
    expect((await client.apps()).read).toEqual([]);
    await it.marathon.stop();
    const error = await failure(client.apps());
    expect(error.code).toBe('marathon_unreachable');
    expect(error.message).toMatch(/cannot be reached: .*ECONNREFUSED.*; also GET http:.*ECONNREFUSED/);
    await client.close();
  });

  it('are left for the leader, as soon as an answer names it', async () => {
    await using it = await stage({ addresses: 3 });
    it.marathon.elect(2);
    await it.client.apps();
    await it.marathon.stop(0);
    expect((await it.client.apps()).read).toEqual([]);
    expect(it.marathon.requests).toHaveLength(2);
  });

  it('all answer the same about a refusal, which is not asked twice', async () => {
    await using it = await stage({ addresses: 2, auth: 'a:b' });
    await failure(it.client.apps());
    expect(it.marathon.requests).toHaveLength(1);
  });
});

describe('an answer that is none', () => {
  it.each([
    ['is no JSON', { kind: 'body', body: '<html>' }, 'marathon_bad_answer', /expected JSON, got "<html>"/],
    ['is empty', { kind: 'body', body: '' }, 'marathon_bad_answer', /expected JSON, got ""/],
    ['has no apps with ids', { kind: 'body', body: '{"apps":[{}]}' }, 'marathon_bad_answer', /apps\[0\]\.id: expected/],
    ['breaks off', { kind: 'truncate' }, 'marathon_unreachable', /cannot be reached: /],
    ['is a reset', { kind: 'reset' }, 'marathon_unreachable', /cannot be reached: /],
    ['is a failure', { kind: 'status', status: 500, body: '{"message":"boom"}' }, 'marathon_server_error', /500 boom$/],
    ['is a redirect', { kind: 'status', status: 302 }, 'marathon_bad_answer', /redirects are not followed/],
    [
      'forges a log line',
      { kind: 'status', status: 400, body: 'a\n{"level":"error"}\u2028' },
      'marathon_bad_request',
      /400 a \{"level":"error"\}$/,
    ],
  ] as const)('because it %s is an error that says so', async (_, fault, code, words) => {
    await using it = await stage();
    it.marathon.deploy({ id: '/web' });
    it.marathon.faults.plan(/apps/, fault);
    const error = await failure(it.client.apps());
    expect(error.code).toBe(code);
    expect(error.message).toMatch(words);
    expect(error.message).toContain(`GET ${it.marathon.address}/v2/apps?embed=apps.tasks`);
  });

  it('because it does not come ends with its time', async () => {
    await using it = await stage({}, { timeoutMs: 50 });
    it.marathon.faults.plan(/apps/, { kind: 'hang' });
    const error = await failure(it.client.apps());
    expect(error.code).toBe('marathon_timed_out');
    expect(error.message).toContain('no whole answer within 50 ms');
  });

  it('because it is too large is refused', async () => {
    await using it = await stage({}, { maxAnswerBytes: 1_000 });
    it.marathon.deploy({ id: '/web', labels: { note: 'a'.repeat(1_000) } });
    expect((await failure(it.client.apps())).message).toContain('over 1000 bytes (maxAnswerBytes)');
  });

  it('because the caller gave up is the reason of the caller', async () => {
    await using it = await stage();
    it.marathon.faults.plan(/apps/, { kind: 'hang' });
    const abort = new AbortController();
    const call = it.client.apps(abort.signal);
    abort.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
  });

  it('because the client is closed says so', async () => {
    await using it = await stage();
    await it.client.close();
    expect((await failure(it.client.apps())).message).toContain('the client is closed');
  });
});
