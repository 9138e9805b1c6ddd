import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CliProcess } from '../../support/cli-process.ts';

/** Answers with the status that the path names. */
const origin = createServer((request, response) => {
  response.statusCode = Number(/\d{3}/.exec(request.url ?? '')?.[0] ?? 200);
  response.end();
});

describe('requests as the admin port shows them', () => {
  let sidecar: CliProcess;
  let urls: { readonly proxyUrl: string; readonly adminUrl: string };
  beforeAll(async () => {
    origin.listen(0, '127.0.0.1');
    await once(origin, 'listening');
    const { port } = origin.address() as AddressInfo;
    sidecar = new CliProcess([
      'run',
      ...['--consul', 'http://127.0.0.1:1', '--proxy-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'],
      ...['--set', `upstreams.orders.endpoints=["127.0.0.1:${port}"]`],
      ...['--set', 'upstreams.orders.outlier.consecutiveFailures=1000', '--set', 'telemetry.logs.access=off'],
    ]);
    urls = await sidecar.ready();
  });
  afterAll(async () => {
    await sidecar[Symbol.asyncDispose]();
    origin.closeAllConnections();
    await new Promise((resolve) => origin.close(resolve));
  });

  const call = async (path: string, method = 'GET') => (await fetch(`${urls.proxyUrl}${path}`, { method })).status;
  /** Runs `act` once somebody watches, so that nothing is missed. */
  const watched = async (query: string, act: () => Promise<unknown>, count: number): Promise<object[]> => {
    const stop = new AbortController();
    const answer = await fetch(`${urls.adminUrl}/events?kinds=request&${query}`, { signal: stop.signal });
    const events: object[] = [];
    let text = '';
    const acted = act();
    for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      events.length = 0;
      for (const [, data = ''] of text.matchAll(/^data: (.*)$/gm)) events.push(JSON.parse(data) as object);
      if (events.length >= count) break;
    }
    await acted;
    stop.abort();
    return events;
  };

  it('shows what ended how, without its query', async () => {
    const act = () => call('/orders/api/42?token=secret');
    const [event] = await watched('', act, 1);
    expect(event).toMatchObject({ method: 'GET', path: '/orders/api/42', upstream: 'orders', attempts: 1 });
    expect(JSON.stringify(event)).not.toContain('secret');
  });

  it('shows only what was asked for', async () => {
    const act = async () => {
      for (const path of ['/orders/200', '/orders/404', '/orders/500', '/nobody/']) await call(path);
      await call('/orders/500', 'POST');
    };
    expect(await watched('status=4xx&upstream=orders', act, 1)).toMatchObject([{ path: '/orders/404' }]);
    expect(await watched('errors&upstream=orders&method=post', act, 1)).toMatchObject([
      { method: 'POST', status: 500 },
    ]);
  });

  it.each(['status=99', 'status=4x', 'minMs=-1', 'minMs=x'])('refuses %s', async (query) => {
    const answer = await fetch(`${urls.adminUrl}/events?${query}`);
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as { readonly detail: string }).detail).toContain(query.split('=')[0]);
  });

  it('tap prints them, ends after so many, and says when the sidecar has ended', async () => {
    await using tap = new CliProcess(['tap', 'orders', '--errors', '-n', '1', '--admin', urls.adminUrl]);
    const calling = setInterval(() => void call('/orders/500').catch(() => undefined), 50);
    try {
      const { code, stdout } = await tap.ended;
      expect(code).toBe(0);
      expect(stdout).toMatch(/ 500 .* GET +orders +\/orders\/500 → 127\.0\.0\.1:\d+\n$/);
    } finally {
      clearInterval(calling);
    }
    await using other = new CliProcess(['tap', '--admin', urls.adminUrl]);
    await other.written(/requests as they end/);
    await watched('', () => call('/orders/200'), 1);
    sidecar.signal('SIGKILL');
    const { code, stderr } = await other.ended;
    expect(code).toBe(1);
    expect(stderr).toContain('no sidecar answers');
  });
});
