import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CliProcess } from '../../support/cli-process.ts';
import { until } from '../../support/until.ts';

const CALLS = 10;

let origin: Server;

beforeAll(async () => {
  origin = createServer((_request, response) => response.end('well')).listen(0, '127.0.0.1');
  await once(origin, 'listening');
});

afterAll(() => {
  origin.close();
  origin.closeAllConnections();
});

/** A sidecar without /metrics, in this environment. */
function startSidecar(env: Readonly<Record<string, string>>): CliProcess {
  const endpoint = `127.0.0.1:${(origin.address() as AddressInfo).port}`;
  return new CliProcess(
    [
      'run',
      ...['--proxy-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0', '--log-format', 'json'],
      ...['--set', `upstreams.orders.endpoints=["${endpoint}"]`, '--set', 'telemetry.metrics.prometheus=false'],
    ],
    { env: { CONSUL_HTTP_ADDR: 'http://127.0.0.1:1', OTEL_METRIC_EXPORT_INTERVAL: '3600000', ...env } },
  );
}

/** Calls a service through it, and returns how its admin port is asked what it saw. */
async function called(sidecar: CliProcess): Promise<() => Promise<{ areCounted: boolean; atInstance: number }>> {
  const { proxyUrl, adminUrl } = await sidecar.ready();
  for (let call = 0; call < CALLS; call++) expect((await fetch(`${proxyUrl}/orders/`)).status).toBe(200);
  expect((await fetch(`${adminUrl}/metrics`)).status).toBe(404);
  return async () => {
    const answer = await fetch(`${adminUrl}/v1/upstreams/orders`);
    const { recent, instances } = (await answer.json()) as {
      readonly recent: { readonly p50Ms?: number };
      readonly instances: readonly { readonly requests: number }[];
    };
    return { areCounted: recent.p50Ms !== undefined, atInstance: instances[0]?.requests ?? 0 };
  };
}

it('counts requests for a collector alone, and for nobody not at all; balancing knows its instances either way', async () => {
  await using unread = startSidecar({});
  // Nobody listens there: what matters is that metrics were asked for.
  await using collected = startSidecar({ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://127.0.0.1:1/v1/metrics' });
  const atUnread = await called(unread);
  const atCollected = await called(collected);
  await until('the sidecar with a collector has counted', async () => {
    await atUnread();
    return (await atCollected()).areCounted;
  });
  expect(await atCollected()).toEqual({ areCounted: true, atInstance: CALLS });
  expect(await atUnread()).toEqual({ areCounted: false, atInstance: CALLS });
});
