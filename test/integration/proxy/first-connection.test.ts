import { expect, test } from 'vitest';
import { SWEEP_MS } from '../../../src/http1/deadlines.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { RawClient } from '../../support/raw-client.ts';
import { RecordingOrigin } from '../../support/recording-origin.ts';
import { startTestProxy } from '../../support/test-proxy.ts';
import { until } from '../../support/until.ts';

const A_DAY_MS = 86_400_000;

test('the first connection after a long silence has as long for its head as any other', async () => {
  const clock = new FakeClock();
  await using origin = await RecordingOrigin.start();
  await using server = await startTestProxy({ upstreams: { svc: [`127.0.0.1:${origin.port}`] }, clock });
  await clock.advance(A_DAY_MS);
  await using client = await RawClient.connect(server);
  await until('the connection is accepted', async () => server.proxy.connections === 1);
  await clock.advance(SWEEP_MS);
  const answer = await client.ask('GET /svc/x HTTP/1.1\r\nHost: localhost\r\n\r\n');
  expect(answer.status).toBe(200);
});
