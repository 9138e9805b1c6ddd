import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startDevAgent } from '../../../src/dev-agent/dev-agent.ts';
import { askAnew, callers, NamedOrigin, WorkersSidecar } from '../../support/app-workers.ts';
import { freePorts } from '../../support/free-port.ts';
import { useRegistry } from '../../support/shared-registry.ts';
import { until } from '../../support/until.ts';

describe('a sidecar with two workers', () => {
  const registry = useRegistry(() => startDevAgent({ listen: '127.0.0.1:0' }));

  const register = async (id: string, name: string, port: number): Promise<void> => {
    const body = JSON.stringify({ ID: id, Name: name, Address: '127.0.0.1', Port: port });
    await fetch(`${registry.address}/v1/agent/service/register`, { method: 'PUT', body });
  };
  const deregister = (id: string) => fetch(`${registry.address}/v1/agent/service/deregister/${id}`, { method: 'PUT' });
  const several = async (count: number, url: string): Promise<readonly string[]> => {
    const answers: string[] = [];
    for (let index = 0; index < count; index++) answers.push(await askAnew(url));
    return answers;
  };
  const counted = async (adminUrl: string, upstream: string): Promise<number> => {
    const text = await (await fetch(`${adminUrl}/metrics`)).text();
    const series = `^http_server_request_duration_seconds_count\\{upstream="${upstream}".*\\} (\\d+)$`;
    return [...text.matchAll(new RegExp(series, 'gm'))].reduce((sum, [, count]) => sum + Number(count), 0);
  };

  it('shares the load between them, and both follow the catalog', async () => {
    await using first = await NamedOrigin.start('first');
    await using second = await NamedOrigin.start('second');
    await register('shared-1', 'shared', first.port);
    await using sidecar = new WorkersSidecar('--consul', registry.address);
    const { proxyUrl, adminUrl } = await sidecar.process.ready();
    expect(new Set(await several(20, `${proxyUrl}/shared/`))).toEqual(new Set(['200 first']));
    await until('each has served half of them', async () => {
      const [one, two] = [1, 2].map((worker) => sidecar.lines('request', worker).length);
      return one === 10 && two === 10;
    });

    await register('shared-2', 'shared', second.port);
    await deregister('shared-1');
    await until('the catalog’s change is seen', async () => {
      const [only, ...others] = (await (await fetch(`${adminUrl}/hosts/shared`)).json()) as { port: number }[];
      return others.length === 0 && only?.port === second.port;
    });
    expect(new Set(await several(20, `${proxyUrl}/shared/`))).toEqual(new Set(['200 second']));
    const polls = await (await fetch(`${adminUrl}/metrics`)).text();
    expect(polls, 'the primary alone asks: for the service, and for three kinds of rules').toContain(
      'pilotfish_consul_polls 4\n',
    );
  });

  it('sums what they count, exactly, and keeps the sum when one of them dies', async () => {
    await using origin = await NamedOrigin.start('it');
    await register('sum-1', 'sum', origin.port);
    await using sidecar = new WorkersSidecar('--consul', registry.address);
    const { proxyUrl, adminUrl } = await sidecar.process.ready();
    await several(31, `${proxyUrl}/sum/`);
    expect(await counted(adminUrl, 'sum')).toBe(31);
    const [row] = (await (await fetch(`${adminUrl}/v1/upstreams`)).json()) as object[];
    expect(row).toMatchObject({ name: 'sum', inFlight: 0, totals: { responded: 31, failed: 0 } });
    const one = (await (await fetch(`${adminUrl}/v1/upstreams/sum`)).json()) as { instances: object[] };
    expect(one.instances).toMatchObject([{ requests: 31, failed: 0 }]);

    const pid = sidecar.pid(1);
    process.kill(pid, 'SIGKILL');
    await until('it is replaced', async () => sidecar.pid(1) !== pid);
    const before = sidecar.lines('request', 1).length;
    await until('the replacement serves', async () => {
      await askAnew(`${proxyUrl}/sum/`);
      return sidecar.lines('request', 1).length > before + 5;
    });
    expect(await counted(adminUrl, 'sum')).toBe(origin.requests);
    const [after] = (await (await fetch(`${adminUrl}/v1/upstreams`)).json()) as object[];
    expect(after).toMatchObject({ totals: { responded: origin.requests } });
  });

  it('loses the requests of a killed worker and no other, and replaces it', async () => {
    await using origin = await NamedOrigin.start('it', 10);
    await register('killed-1', 'killed', origin.port);
    await using sidecar = new WorkersSidecar('--consul', registry.address);
    const { proxyUrl } = await sidecar.process.ready();
    await askAnew(`${proxyUrl}/killed/`);
    const kept = callers(`${proxyUrl}/killed/`, 8);
    const anew = callers(`${proxyUrl}/killed/`, 4, true);
    await until('there is load', async () => origin.requests > 100);
    const pid = sidecar.pid(2);
    process.kill(pid, 'SIGKILL');
    await until('it is replaced', async () => sidecar.pid(2) !== pid);
    const before = sidecar.lines('request', 2).length;
    await until('the replacement serves', async () => sidecar.lines('request', 2).length > before + 100);
    const [fromKept, fromAnew] = [await kept(), await anew()];
    for (const { errors } of fromKept) expect(errors.length).toBeLessThanOrEqual(1);
    const errors = [...fromKept, ...fromAnew].flatMap((caller) => caller.errors);
    // Each caller has one request under way; what comes later finds another worker.
    expect(errors.length).toBeLessThanOrEqual(12);
    expect(errors.filter((error) => error.includes('no answer'))).toEqual([]);
  });

  it('tells of every ejection in every worker, and of those in a worker that replaces another', async () => {
    await using origin = await NamedOrigin.start('it');
    const [dead] = await freePorts(1);
    const outlier = '{consecutiveFailures: 1, ejectFor: 50ms}';
    const fixed = `{endpoints: ["127.0.0.1:${origin.port}", "127.0.0.1:${dead}"], outlier: ${outlier}}`;
    await using sidecar = new WorkersSidecar('--consul', registry.address, '--set', `upstreams.fixed=${fixed}`);
    const { proxyUrl, adminUrl } = await sidecar.process.ready();
    const ejections = (worker: number) => sidecar.lines('instance ejected', worker).length;
    const untilEjected = (times: number, worker: number) =>
      until(`${times} ejections in worker ${worker}`, async () => {
        expect(await askAnew(`${proxyUrl}/fixed/`)).toBe('200 it');
        return ejections(worker) >= times;
      });
    for (const worker of [1, 2]) await untilEjected(3, worker);
    const pid = sidecar.pid(1);
    process.kill(pid, 'SIGKILL');
    await until('it is replaced', async () => sidecar.pid(1) !== pid);
    await untilEjected(ejections(1) + 2, 1);
    await until('the metric counts what the log says', async () => {
      const text = await (await fetch(`${adminUrl}/metrics`)).text();
      const count = /^pilotfish_ejections_total\{upstream="fixed".*\} (\d+)$/m.exec(text)?.[1];
      return Number(count) === ejections(1) + ejections(2);
    });
  });

  it('takes a changed file over in all of them without losing a request', async () => {
    await using first = await NamedOrigin.start('first');
    await using second = await NamedOrigin.start('second');
    const dir = await mkdtemp(join(tmpdir(), 'pilotfish-workers-'));
    const file = join(dir, 'pilotfish.yaml');
    const write = ({ port }: NamedOrigin) =>
      writeFile(file, `upstreams: { fixed: { endpoints: ["127.0.0.1:${port}"] } }`);
    try {
      await write(first);
      await using sidecar = new WorkersSidecar('--consul', registry.address, '-c', file);
      const { proxyUrl } = await sidecar.process.ready();
      const stop = callers(`${proxyUrl}/fixed/`, 4);
      await until('there is load', async () => first.requests > 50);
      await write(second);
      sidecar.process.signal('SIGHUP');
      await sidecar.process.written(/the new configuration is in force/);
      expect(new Set(await several(10, `${proxyUrl}/fixed/`))).toEqual(new Set(['200 second']));
      expect((await stop()).flatMap(({ errors }) => errors)).toEqual([]);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });

  it('answers what is under way before they end, on a port, an upstream’s own port and a unix socket', async () => {
    await using origin = await NamedOrigin.start('it', 300);
    const dir = await mkdtemp(join(tmpdir(), 'pilotfish-workers-'));
    const [own] = await freePorts(1);
    const path = join(dir, 'proxy.sock');
    try {
      await using sidecar = new WorkersSidecar(
        '--consul',
        registry.address,
        '--set',
        `proxy.listen=["127.0.0.1:0","unix://${path}"]`,
        '--set',
        `upstreams.fixed={endpoints: ["127.0.0.1:${origin.port}"], listen: "127.0.0.1:${own}"}`,
      );
      const { proxyUrl } = await sidecar.process.ready();
      const answers = Promise.all([
        ...[1, 2, 3, 4].map(() => askAnew(`${proxyUrl}/fixed/`)),
        askAnew(`http://127.0.0.1:${own}/`),
        askUnix(path),
        askUnix(path),
      ]);
      await until('they are under way', async () => origin.requests === 7);
      sidecar.process.signal('SIGTERM');
      expect(new Set(await answers)).toEqual(new Set(['200 it']));
      expect((await sidecar.process.ended).code).toBe(0);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });

  it('does not start on a port that is taken, and says which', async () => {
    await using origin = await NamedOrigin.start('it');
    const listen = `upstreams.fixed={endpoints: ["127.0.0.1:1"], listen: "127.0.0.1:${origin.port}"}`;
    await using sidecar = new WorkersSidecar('--consul', registry.address, '--set', listen);
    const { code, stderr } = await sidecar.process.ended;
    expect(code).toBe(1);
    expect(stderr).toContain(`upstreams.fixed.listen 127.0.0.1:${origin.port}`);
  });

  it('ends with its primary, however that ends', async () => {
    await using sidecar = new WorkersSidecar('--consul', registry.address);
    await sidecar.process.ready();
    const pids = [sidecar.pid(1), sidecar.pid(2)];
    sidecar.process.signal('SIGKILL');
    await sidecar.process.ended;
    const isAlive = (pid: number) => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    await until('the workers have ended', async () => !pids.some(isAlive));
  });
});

/** One request on a unix socket, as `askAnew`. */
function askUnix(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = createConnection({ path });
    socket.write('GET /fixed/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => {
      const [head = '', body = ''] = text.split('\r\n\r\n');
      resolve(`${head.slice(9, 12)} ${body}`);
    });
  });
}
