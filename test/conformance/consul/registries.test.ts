import { afterAll, beforeAll, describe, it } from 'vitest';
import { ConsulClient } from '../../../src/consul/consul-client.ts';
import { consulCases } from '../../support/consul-cases.ts';
import { consulBin, RealConsul } from '../../support/real-consul.ts';

describe.skipIf(consulBin === undefined)('a real Consul agent', () => {
  let consul: RealConsul;
  let client: ConsulClient;

  beforeAll(async () => {
    consul = await RealConsul.start();
    client = new ConsulClient({ address: consul.address });
  });

  afterAll(async () => {
    await client?.close();
    await consul?.[Symbol.asyncDispose]();
  });

  for (const each of consulCases) it(each.name, () => each.run(client, consul.address));
});
