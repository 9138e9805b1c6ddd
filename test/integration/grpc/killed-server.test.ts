import { once } from 'node:events';
import { expect, it } from 'vitest';
import { unary } from '../../support/grpc-calls.ts';
import { startGrpcServerProcess } from '../../support/grpc-server-process.ts';
import { echoClient } from '../../support/grpc-service.ts';
import { startTestProxy } from '../../support/test-proxy.ts';
import { until } from '../../support/until.ts';

const CALLERS = 16;
const CALLS = 1500;

it('a server killed under load fails no call with an Idempotency-Key, and of the others at most those it had', async () => {
  await using one = await startGrpcServerProcess();
  await using two = await startGrpcServerProcess();
  await using three = await startGrpcServerProcess();
  await using proxy = await startTestProxy({ upstreams: { orders: [one.address, two.address, three.address] } });
  using client = echoClient(proxy.port, 'orders.localhost');
  let done = 0;
  const failed = { keyed: [] as string[], plain: [] as string[] };
  const caller = async (index: number) => {
    const isKeyed = index % 2 === 0;
    const metadata: Record<string, string> = isKeyed ? { 'idempotency-key': `k${index}` } : {};
    while (done < CALLS) {
      await unary(client, Buffer.from('x'), { metadata }).catch((error: unknown) => {
        failed[isKeyed ? 'keyed' : 'plain'].push(String(error));
      });
      done += 1;
    }
  };
  const load = Promise.all(Array.from({ length: CALLERS }, (_, index) => caller(index)));
  await until('half of the load', async () => done >= CALLS / 2);
  two.process.kill('SIGKILL');
  await once(two.process, 'exit');
  await load;
  expect(failed.keyed).toEqual([]);
  expect(failed.plain.length).toBeLessThanOrEqual(CALLERS / 2);
  expect(proxy.upstreams.get('orders')?.inFlight).toBe(0);
});
