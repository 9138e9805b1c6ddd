import { get } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { type AdminServer, serveAdmin } from '../../../src/admin/admin-server.ts';
import { probesOf } from '../../../src/admin/probes.ts';

interface Answer {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly body: string;
}

const opened: AdminServer[] = [];

afterEach(async () => {
  for (const server of opened.splice(0)) await server.close();
});

/** The admin port with an app that says which paths came as far as it. */
async function serve(collect: () => Promise<string>) {
  const asked: string[] = [];
  const app = {
    fetch: (request: Request) => {
      asked.push(`${request.method} ${new URL(request.url).pathname}`);
      return new Response('the app', { status: 418 });
    },
  };
  const probes = probesOf({
    version: '1.2.3',
    readiness: () => ({ ready: false, stale: false, reasons: ['starting'] }),
    metrics: async (accept) => ({ contentType: `metrics for ${accept}`, text: await collect() }),
  });
  const server = await serveAdmin(app, { host: '127.0.0.1', port: 0 }, { probes, allowedHosts: [] });
  opened.push(server);
  return { url: server.url, asked };
}

function ask(url: string, { method = 'GET', headers = {} } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get(url, { method, headers, agent: false }, async (response) => {
      let body = '';
      for await (const chunk of response) body += String(chunk);
      resolve({ status: response.statusCode, type: response.headers['content-type'], body });
    }).on('error', reject);
  });
}

describe('probes of the admin port', () => {
  it('are answered without the app', async () => {
    const { url, asked } = await serve(async () => 'up 1\n');
    expect(await ask(`${url}/healthz`)).toEqual({
      status: 200,
      type: 'application/json',
      body: '{"status":"alive","version":"1.2.3"}',
    });
    expect(await ask(`${url}/readyz?verbose`)).toEqual({
      status: 503,
      type: 'application/json',
      body: '{"ready":false,"stale":false,"reasons":["starting"]}',
    });
    expect(await ask(`${url}/metrics`, { headers: { accept: 'text/plain' } })).toEqual({
      status: 200,
      type: 'metrics for text/plain',
      body: 'up 1\n',
    });
    expect(asked).toEqual([]);
  });

  it('are the app’s when they are of another method, and so is all else', async () => {
    const { url, asked } = await serve(async () => '');
    expect((await ask(`${url}/readyz`, { method: 'POST' })).status).toBe(418);
    expect((await ask(`${url}/readyz/`)).status).toBe(418);
    expect((await ask(`${url}/v1/upstreams`)).body).toBe('the app');
    expect(asked).toEqual(['POST /readyz', 'GET /readyz/', 'GET /v1/upstreams']);
  });

  it('are the app’s to refuse when a page of another site sends them', async () => {
    const { url, asked } = await serve(async () => '');
    expect((await ask(`${url}/metrics`, { headers: { host: 'rebound.test' } })).status).toBe(418);
    expect((await ask(`${url}/metrics`, { headers: { origin: 'https://evil.test' } })).status).toBe(418);
    expect(asked).toEqual(['GET /metrics', 'GET /metrics']);
  });

  it('say what failed', async () => {
    const { url } = await serve(() => Promise.reject(new Error('no worker answers')));
    const { status, type, body } = await ask(`${url}/metrics`);
    expect([status, type]).toEqual([500, 'application/problem+json']);
    expect(body).toContain('no worker answers');
  });
});
