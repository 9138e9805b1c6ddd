import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDevAgent } from '../../../src/dev-agent/dev-agent.ts';
import { askAnew } from '../../support/app-workers.ts';
import { CliProcess } from '../../support/cli-process.ts';
import { FakeApp } from '../../support/registration-app.ts';
import type { TestRegistry } from '../../support/registries.ts';
import { until } from '../../support/until.ts';

interface Explained {
  readonly instances: readonly { readonly port: number; readonly isUsed: boolean; readonly why: readonly string[] }[];
}

describe.each([1, 2])('a sidecar with %i worker(s) that probes', (workers) => {
  let registry: TestRegistry;
  beforeAll(async () => {
    registry = await startDevAgent({ listen: '127.0.0.1:0' });
  });
  afterAll(async () => {
    await registry[Symbol.asyncDispose]();
  });

  it('leaves out an instance whose probes fail, and tells why, until they pass', async () => {
    await using owned = new AsyncDisposableStack();
    const apps = await Promise.all([FakeApp.start(), FakeApp.start(), FakeApp.start()]);
    for (const app of apps) {
      owned.use(app);
      const body = JSON.stringify({ ID: `fleet-${app.port}`, Name: 'fleet', Address: '127.0.0.1', Port: app.port });
      await fetch(`${registry.address}/v1/agent/service/register`, { method: 'PUT', body });
    }
    const probe = 'defaults.probe={type: http, path: /ready, interval: 150ms, rise: 2, fall: 2}';
    const ports = ['--proxy-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0', '--log-format', 'json'];
    const set = ['--set', probe, '--set', 'defaults.outlier.slowStart=0s', '--set', `proxy.workers=${workers}`];
    const sidecar = owned.use(new CliProcess(['run', '--consul', registry.address, ...ports, ...set]));
    const { proxyUrl, adminUrl } = await sidecar.ready();
    const [sick] = apps as [FakeApp, FakeApp, FakeApp];
    const isSickUsed = async () => {
      const { instances } = (await (await fetch(`${adminUrl}/v1/explain/fleet`)).json()) as Explained;
      return instances.find(({ port }) => port === sick.port);
    };
    const endpoints = async (state: string) => {
      const text = await (await fetch(`${adminUrl}/metrics`)).text();
      return new RegExp(`^pilotfish_upstream_endpoints\\{upstream="fleet",state="${state}"\\} (\\d+)$`, 'm').exec(
        text,
      )?.[1];
    };
    expect(await askAnew(`${proxyUrl}/fleet/`)).toBe('200 ');
    await until('all are probed', async () => apps.every(({ paths }) => paths.includes('/ready')));
    expect(await isSickUsed()).toMatchObject({ isUsed: true, why: [] });

    sick.status = 503;
    await until('the sick one is left out', async () => (await isSickUsed())?.isUsed === false);
    expect((await isSickUsed())?.why).toEqual([`fails its probes: GET /ready at 127.0.0.1:${sick.port}: 503`]);
    expect([await endpoints('usable'), await endpoints('failing')]).toEqual(['2', '1']);
    await sidecar.written(/instance fails its probes/);
    // Workers are told a moment after the primary knows.
    await until('no request reaches it', async () => {
      const answers: string[] = [];
      for (let nth = 0; nth < 8; nth++) answers.push(await askAnew(`${proxyUrl}/fleet/work`));
      return answers.every((answer) => answer === '200 ');
    });

    sick.status = 200;
    await until('it is used again', async () => (await isSickUsed())?.isUsed === true);
    await sidecar.written(/instance passes its probes again/);
  });
});
