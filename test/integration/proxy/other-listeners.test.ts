import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RawClient } from '../../support/raw-client.ts';
import { expectRefused } from '../../support/raw-expectations.ts';
import { RecordingOrigin } from '../../support/recording-origin.ts';
import { startTestProxy, type TestProxy } from '../../support/test-proxy.ts';

let folder: string;
let origin: RecordingOrigin;
let proxy: TestProxy;
let ownPort: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pilotfish-listener-'));
  origin = await RecordingOrigin.start();
  proxy = await startTestProxy({ upstreams: { svc: [origin.address] }, path: join(folder, 'proxy.sock') });
  const { upstreams } = proxy;
  const bound = await proxy.proxy.listen(
    { host: '127.0.0.1', port: 0 },
    { upstream: () => upstreams.open({ name: 'svc' }) },
  );
  ownPort = 'port' in bound ? bound.port : 0;
});
afterAll(async () => {
  await proxy.close();
  await origin[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

describe('a unix socket', () => {
  test('takes the same requests, and says that the caller has no address', async () => {
    await origin.forget();
    await using client = await RawClient.connect({ path: join(folder, 'proxy.sock') });
    expect((await client.ask('GET /svc/x HTTP/1.1\r\nHost: localhost\r\n\r\n')).status).toBe(200);
    const { head, target } = origin.requests[0] ?? {};
    expect(target).toBe('/x');
    expect(head?.values('x-forwarded-for')).toEqual([]);
    expect(head?.value('forwarded')).toMatch(/^for=unknown;/);
  });

  test('refuses the same', async () => {
    await origin.forget();
    await using client = await RawClient.connect({ path: join(folder, 'proxy.sock') });
    await client.write('POST /svc/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab');
    await expectRefused(client, origin);
  });
});

describe('an own port of an upstream', () => {
  test.each(['/svc/x', '/other/x', '//other/x', '/', '/../x'])(
    'sends %s on as it is: no name is taken from the path',
    async (target) => {
      await origin.forget();
      await using client = await RawClient.connect({ port: ownPort });
      expect((await client.ask(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`)).status).toBe(200);
      expect(origin.requests.map((request) => request.target)).toEqual([target]);
    },
  );

  test('is no way for a foreign page either', async () => {
    await origin.forget();
    await using client = await RawClient.connect({ port: ownPort });
    const answer = await client.ask('GET /x HTTP/1.1\r\nHost: evil.example\r\n\r\n');
    expect(answer.status).toBe(403);
    expect(origin.connections).toHaveLength(0);
  });
});
