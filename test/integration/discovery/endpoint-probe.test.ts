import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { probeEndpoint } from '../../../src/discovery/endpoint-probe.ts';
import type { ProbeSettings } from '../../../src/upstream/probe-settings.ts';
import { endpointNo } from '../../support/discovery-endpoint.ts';
import { freePorts } from '../../support/free-port.ts';
import { FakeApp } from '../../support/registration-app.ts';

const http: ProbeSettings = { kind: 'http', path: '/ready?x=1', intervalMs: 5000, timeoutMs: 5000, rise: 2, fall: 3 };
const tcp: ProbeSettings = { ...http, kind: 'tcp' };
const never = new AbortController().signal;
const all = () => undefined;

describe('a probe', () => {
  let owned = new AsyncDisposableStack();
  afterEach(async () => {
    await owned.disposeAsync();
    owned = new AsyncDisposableStack();
  });

  const probe = (host: string, port: number, settings = http, signal = never) =>
    probeEndpoint(endpointNo(1, { host, port }), settings, all, signal);
  /** A port that accepts and says nothing. */
  const silent = async () => {
    const server = createServer((socket) => socket.resume());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    owned.defer(() => new Promise<void>((resolve) => server.close(() => resolve())));
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  };

  it.each([
    [200, 'passing'],
    [204, 'passing'],
    [302, 'failing'],
    [429, 'failing'],
    [503, 'failing'],
  ] as const)('that is answered %i is %s', async (status, kind) => {
    await using app = await FakeApp.start();
    app.status = status;
    const result = await probe('127.0.0.1', app.port);
    expect(result).toEqual({ kind, output: `GET /ready?x=1 at 127.0.0.1:${app.port}: ${status}` });
    expect(app.paths).toEqual(['/ready?x=1']);
  });

  it('finds a port that refuses, by path and by connecting', async () => {
    const [port = 0] = await freePorts(1);
    for (const settings of [http, tcp]) {
      const result = await probe('127.0.0.1', port, settings);
      expect(result).toMatchObject({ kind: 'failing', output: expect.stringContaining('ECONNREFUSED') });
    }
  });

  it('gives up on one that says nothing; to connect is enough for tcp', async () => {
    const port = await silent();
    expect(await probe('127.0.0.1', port, { ...http, timeoutMs: 50 })).toMatchObject({
      kind: 'failing',
      output: expect.stringContaining('no answer within 50 ms'),
    });
    expect(await probe('127.0.0.1', port, tcp)).toMatchObject({ kind: 'passing' });
  });

  it('resolves names', async () => {
    await using app = await FakeApp.start();
    expect(await probe('localhost', app.port)).toMatchObject({ kind: 'passing' });
    expect(await probe('nowhere.invalid', app.port)).toMatchObject({ kind: 'failing' });
  });

  it('dials no address that may not be dialled, nor a name that leads there, and says nothing of it', async () => {
    await using app = await FakeApp.start();
    const refuse = (ip: string) => (ip === '127.0.0.1' || ip === '::1' ? `${ip} is ours` : undefined);
    for (const host of ['127.0.0.1', 'localhost']) {
      const result = await probeEndpoint(endpointNo(1, { host, port: app.port }), http, refuse, never);
      expect(result).toMatchObject({ kind: 'unclear', output: expect.stringContaining('is ours') });
    }
    expect(app.paths).toEqual([]);
  });

  it('says nothing when it was called off', async () => {
    const abort = new AbortController();
    const probing = probe('127.0.0.1', await silent(), http, abort.signal);
    abort.abort();
    expect(await probing).toMatchObject({ kind: 'unclear' });
  });
});
