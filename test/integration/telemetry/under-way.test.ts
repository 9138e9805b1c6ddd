import { expect, test } from 'vitest';
import { CliProcess } from '../../support/cli-process.ts';
import { MetricSamples } from '../../support/metric-samples.ts';
import { OK, RecordingOrigin } from '../../support/recording-origin.ts';

const upstream = 'held';

test('a request that is under way is in both gauges until it is answered', async () => {
  let answer: (() => void) | undefined;
  await using origin = await RecordingOrigin.start({
    onRequest: (connection) => {
      answer = () => connection.send(OK);
    },
  });
  await using sidecar = new CliProcess([
    'run',
    ...['--proxy-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0', '--log-format', 'json'],
    ...['--set', `upstreams.${upstream}.endpoints=["${origin.address}"]`],
  ]);
  const { proxyUrl, adminUrl } = await sidecar.ready();
  const gauges = async () => {
    const metrics = await MetricSamples.of(adminUrl);
    return ['server', 'client'].map((side) => metrics.sum(`http_${side}_active_requests`, { upstream }));
  };
  const answered = fetch(`${proxyUrl}/${upstream}/`);
  await origin.whenRequests(1);
  expect(await gauges()).toEqual([1, 1]);
  answer?.();
  expect(await (await answered).text()).toBe('ok');
  expect(await gauges()).toEqual([0, 0]);
});
