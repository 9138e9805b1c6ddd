import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { CliProcess } from '../../support/cli-process.ts';
import { MetricSamples } from '../../support/metric-samples.ts';
import { until } from '../../support/until.ts';

const upstream = 'held';

test('a request that is under way is in both gauges until it is answered', async () => {
  const held: ServerResponse[] = [];
  const origin = createServer((_, response) => void held.push(response)).listen(0, '127.0.0.1');
  await using _origin = { [Symbol.asyncDispose]: async () => void origin.close() };
  await once(origin, 'listening');
  const endpoint = `127.0.0.1:${(origin.address() as AddressInfo).port}`;
  await using sidecar = new CliProcess([
    'run',
    ...['--proxy-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0', '--log-format', 'json'],
    ...['--set', `upstreams.${upstream}.endpoints=["${endpoint}"]`],
  ]);
  const { proxyUrl, adminUrl } = await sidecar.ready();
  const gauges = async () => {
    const metrics = await MetricSamples.of(adminUrl);
    return ['server', 'client'].map((side) => metrics.sum(`http_${side}_active_requests`, { upstream }));
  };
  const answer = fetch(`${proxyUrl}/${upstream}/`);
  await until('the origin to be asked', async () => held.length === 1);
  expect(await gauges()).toEqual([1, 1]);
  held[0]?.end('here');
  expect(await (await answer).text()).toBe('here');
  expect(await gauges()).toEqual([0, 0]);
});
