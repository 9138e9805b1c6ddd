import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AppProbe, probeApp } from '../../../src/registration/app-probe.ts';
import type { CheckSettings } from '../../../src/registration/service-settings.ts';
import { FakeApp } from '../../support/registration-app.ts';

const http = (target: string): CheckSettings => ({
  kind: 'http',
  target,
  intervalMs: 1000,
  timeoutMs: 500,
  deregisterAfterMs: 60_000,
});

describe('asking the app', () => {
  let app: FakeApp;

  beforeEach(async () => {
    app = await FakeApp.start();
  });
  afterEach(() => app[Symbol.asyncDispose]());

  const ask = (different: Partial<AppProbe> = {}) =>
    probeApp(
      { host: '127.0.0.1', port: app.port, check: undefined, timeoutMs: 500, ...different },
      new AbortController().signal,
    );

  it.each([
    [200, 'passing'],
    [204, 'passing'],
    [301, 'critical'],
    [404, 'critical'],
    [429, 'warning'],
    [503, 'critical'],
  ])('status %i means %s, as it does to Consul', async (status, health) => {
    app.status = status;
    expect(await ask({ check: http('/health') })).toEqual({
      status: health,
      output: `GET http://127.0.0.1:${app.port}/health: ${status}`,
    });
  });

  it('takes a path without a slash, and a whole URL', async () => {
    await ask({ check: http('live') });
    await ask({ check: http(`http://127.0.0.1:${app.port}/url`), port: 1 });
    expect(app.paths).toEqual(['/live', '/url']);
  });

  it('without an HTTP check only dials', async () => {
    expect(await ask()).toEqual({ status: 'passing', output: `TCP connect 127.0.0.1:${app.port}: connected` });
    expect(app.paths).toEqual([]);
  });

  it.each([undefined, http('/health')])('finds a port that refuses critical (%j)', async (check) => {
    await app[Symbol.asyncDispose]();
    expect(await ask({ check })).toMatchObject({ status: 'critical', output: expect.stringContaining('ECONNREFUSED') });
  });

  it('finds an app that never answers critical, in its time', async () => {
    const mute = createServer((socket) => socket.on('error', () => undefined).resume());
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const address = mute.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    expect(await ask({ check: http('/health'), port, timeoutMs: 100 })).toMatchObject({
      status: 'critical',
      output: expect.stringContaining('no answer in time'),
    });
    await new Promise((resolve) => mute.close(resolve));
  });

  it('finds a URL that cannot be critical, and rejects only when aborted', async () => {
    expect(await ask({ check: http('http://[') })).toMatchObject({ status: 'critical' });
    const probe = { host: '127.0.0.1', port: app.port, check: undefined, timeoutMs: 500 };
    await expect(probeApp(probe, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
  });
});
