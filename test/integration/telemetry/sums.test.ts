import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { counterTable } from '../../../src/telemetry/counter-table.ts';
import { gaugeTable, infoTable } from '../../../src/telemetry/gauge-table.ts';
import { histogramTable } from '../../../src/telemetry/histogram-table.ts';
import { prometheusName } from '../../../src/telemetry/metric-definition.ts';
import { CliProcess } from '../../support/cli-process.ts';
import { FaultyOrigins } from '../../support/faulty-origins.ts';
import { MetricSamples } from '../../support/metric-samples.ts';
import { OtlpReceiver } from '../../support/otlp-receiver.ts';
import { registryKinds } from '../../support/registries.ts';
import { until } from '../../support/until.ts';

/** `PILOTFISH_FULL=1`: as many as the contract says. */
const REQUESTS = process.env.PILOTFISH_FULL === '1' ? 50_000 : 5000;
const AT_ONCE = 16;
const APP = fileURLToPath(new URL('../../support/echo-app.ts', import.meta.url));
const DURATION = 'http_server_request_duration_seconds_count';
const ATTEMPTS = 'http_client_request_duration_seconds_count';

/** Rows that this traffic cannot fill, and why. */
/** Those of the Marathon bridge, another program. */
const OF_THE_BRIDGE = /^pilotfish_marathon_/;

const NOT_HERE: Readonly<Record<string, string>> = {
  pilotfish_catalog_shrinks_held_total: 'no upstream loses most of its instances; test/unit/app/event-hub.test.ts does',
  pilotfish_tcp_connection_duration_seconds: 'no TCP upstream; test/unit/app/tcp-connections.test.ts has one',
  v8js_gc_duration_seconds: 'whether there is a collection is up to the engine',
};

/** Calls `url` this often, a third of it with POST; counts by method and status. */
async function callAll(url: string, count: number): Promise<Record<string, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const tally: Record<string, number> = {};
  let started = 0;
  const one = (method: string) =>
    new Promise<void>((resolve, reject) => {
      const outgoing = request(url, { method, agent }, (response) => {
        const key = `${method} ${response.statusCode}`;
        tally[key] = (tally[key] ?? 0) + 1;
        response.resume().on('end', resolve).on('error', reject);
      });
      outgoing.on('error', reject).end(method === 'POST' ? 'body' : undefined);
    });
  const caller = async () => {
    while (started < count) await one(started++ % 3 === 2 ? 'POST' : 'GET');
  };
  await Promise.all(Array.from({ length: AT_ONCE }, caller));
  agent.destroy();
  return tally;
}

test(`${REQUESTS} requests with faults: the metrics add up to what caller and origins counted, and no row is empty`, async () => {
  const [embedded] = registryKinds;
  if (embedded === undefined) throw new Error('there is no registry');
  await using registry = await embedded.start();
  await using origins = await FaultyOrigins.start(7);
  await using collector = await OtlpReceiver.start();
  await using sidecar = new CliProcess(
    [
      'run',
      ...['--consul', registry.address, '--name', 'shop', '--id', 'shop-1', '--address', '127.0.0.1', '--port', '0'],
      ...['--proxy-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0', '--log-format', 'json'],
      ...['--set', 'service.check={ttl: 10s}', '--set', 'service.drain.wait=0s'],
      ...['--set', `upstreams.faulty.endpoints=${JSON.stringify(origins.addresses)}`],
      ...['--set', 'upstreams.faulty.retry.budget=2%'],
      ...['--', process.execPath, APP],
    ],
    {
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
        OTEL_BSP_SCHEDULE_DELAY: '20',
        OTEL_METRIC_EXPORT_INTERVAL: '3600000',
      },
    },
  );
  const { proxyUrl, adminUrl } = await sidecar.ready();
  const tally = await callAll(`${proxyUrl}/faulty/api`, REQUESTS);
  expect((await fetch(`${proxyUrl}/nobody/`)).status).toBe(404);
  await until('a heartbeat was sent', async () =>
    (await MetricSamples.of(adminUrl)).families.has('pilotfish_registration_heartbeats_total'),
  );
  await until('spans were exported', async () => collector.spans.length > 0);

  const metrics = await MetricSamples.of(adminUrl);
  const upstream = 'faulty';
  const counted: Record<string, number> = {};
  for (const method of ['GET', 'POST']) {
    const byStatus = metrics.by('http_response_status_code', DURATION, { upstream, http_request_method: method });
    for (const [status, count] of Object.entries(byStatus)) counted[`${method} ${status}`] = count;
  }
  expect(counted, 'requests by method and status').toEqual(tally);
  expect(metrics.sum(DURATION, { upstream })).toBe(REQUESTS);
  const retries = metrics.sum('pilotfish_retries_total', { upstream });
  expect(retries).toBeGreaterThan(0);
  // Each try either reached an origin or found nobody there.
  const inVain = metrics.sum('pilotfish_upstream_connects_total', { upstream, outcome: 'failed' });
  expect(origins.received + inVain, 'tries').toBe(REQUESTS + retries);
  expect(metrics.sum('pilotfish_retries_refused_total', { upstream, reason: 'budget' })).toBeGreaterThan(0);
  const repeats = metrics.sum('pilotfish_retries_total', { upstream, reason: 'closed_before_answer' });
  const attempts = metrics.sum(ATTEMPTS, { upstream });
  expect(attempts).toBeLessThanOrEqual(REQUESTS + retries);
  expect(attempts).toBeGreaterThanOrEqual(REQUESTS + retries - repeats);
  expect(metrics.sum('http_server_active_requests')).toBe(0);
  expect(metrics.sum('http_client_active_requests')).toBe(0);

  const rows = [counterTable, gaugeTable, histogramTable].flatMap((table, index) =>
    Object.values(table).map((row) => ({
      ...row,
      kind: (['counter', 'gauge', 'histogram'] as const)[index] ?? 'gauge',
    })),
  );
  const names = [...rows, ...Object.values(infoTable).map((row) => ({ ...row, kind: 'info' as const }))].map(
    prometheusName,
  );
  const empty = names.filter(
    (name) => !metrics.families.has(name) && NOT_HERE[name] === undefined && !OF_THE_BRIDGE.test(name),
  );
  expect(empty, 'rows of the metric table that nothing feeds').toEqual([]);

  sidecar.signal('SIGTERM');
  expect((await sidecar.ended).code).toBe(0);
  const exported: Record<string, number> = {};
  for (const { attributes, count } of collector.points('http.server.request.duration')) {
    if (attributes.upstream !== upstream) continue;
    const key = `${attributes['http.request.method']} ${attributes['http.response.status_code']}`;
    exported[key] = (exported[key] ?? 0) + count;
  }
  expect(exported, 'the last export by OTLP').toEqual(tally);
});
