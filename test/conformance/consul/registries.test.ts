import { afterAll, beforeAll, describe, it } from 'vitest';
import { ConsulClient } from '../../../src/consul/consul-client.ts';
import { startDevAgent } from '../../../src/dev-agent/dev-agent.ts';
import { consulCases } from '../../support/consul-cases.ts';
import { consulBin, RealConsul } from '../../support/real-consul.ts';

/** What the cases need of a registry. */
interface Registry extends AsyncDisposable {
  readonly address: string;
}

const registries: readonly { name: string; absent: boolean; start(): Promise<Registry> }[] = [
  { name: 'a real Consul agent', absent: consulBin === undefined, start: () => RealConsul.start() },
  { name: 'the embedded registry', absent: false, start: () => startDevAgent({ listen: '127.0.0.1:0' }) },
];

for (const { name, absent, start } of registries) {
  describe.skipIf(absent)(name, () => {
    let registry: Registry;
    let client: ConsulClient;

    beforeAll(async () => {
      registry = await start();
      client = new ConsulClient({ address: registry.address });
    });

    afterAll(async () => {
      await client?.close();
      await registry?.[Symbol.asyncDispose]();
    });

    for (const each of consulCases) it(each.name, () => each.run(client, registry.address));
  });
}
