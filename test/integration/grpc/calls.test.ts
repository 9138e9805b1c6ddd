import { expect, it } from 'vitest';
import { unary } from '../../support/grpc-calls.ts';
import { echoClient, startGrpcServer } from '../../support/grpc-service.ts';
import { startTestProxy } from '../../support/test-proxy.ts';

it('a unary call that names its service by authority gets its answer', async () => {
  await using server = await startGrpcServer({});
  await using proxy = await startTestProxy({ upstreams: { orders: [server.address] } });
  using client = echoClient(proxy.port, 'orders.localhost');
  expect(await unary(client, Buffer.from('hello'))).toEqual(Buffer.from('hello'));
  expect(server.calls).toBe(1);
});
