import { describe, expect, test } from 'vitest';
import { ConsulClient } from '../../../src/consul/consul-client.ts';
import { SECOND_HOST, TwoAgents } from '../../support/marathon-bridge-agents.ts';
import { BridgeStage } from '../../support/marathon-bridge-stage.ts';
import { consulBin } from '../../support/real-consul.ts';

/** The ids of services on an agent. */
async function idsOn(address: string): Promise<readonly string[]> {
  await using client = new ConsulClient({ address });
  return [...(await client.agent.services()).keys()].toSorted();
}

describe.skipIf(consulBin === undefined)('agents on two hosts', () => {
  test('each task is registered at the agent of its host; while that is away, at the main one, and then moved back', async () => {
    await using agents = await TwoAgents.start();
    const { address } = agents.first;
    const registry = {
      name: 'two agents',
      isHere: true,
      start: async () => ({ address, [Symbol.asyncDispose]: async () => undefined }),
    };
    await using stage = await BridgeStage.start(registry, { marathon: { hosts: ['127.0.0.1', SECOND_HOST] } });
    stage.marathon.deploy({ id: '/web', instances: 4 });
    const on = (host: string) =>
      stage.marathon
        .tasks()
        .filter((task) => task.host === host)
        .map(({ id }) => id)
        .toSorted();
    await stage.run();
    expect(await idsOn(address)).toEqual(on('127.0.0.1'));
    expect(await idsOn(agents.second.address)).toEqual(on(SECOND_HOST));

    await agents.cutOff();
    stage.marathon.scale('/web', 6);
    await stage.sync();
    expect(await idsOn(address)).toEqual(
      stage.marathon
        .tasks()
        .map(({ id }) => id)
        .toSorted(),
    );
    const writes = stage.writes.length;
    await stage.sync();
    expect(stage.writes.slice(writes)).toEqual([]);

    await agents.reach();
    const tags = ['consular-reg-id=consular', 'consular-app-id=/gone'];
    await using second = new ConsulClient({ address: agents.second.address });
    await second.agent.register({ name: 'gone', id: 'gone.1', tags });
    await stage.sync();
    expect(await idsOn(address)).toEqual(on('127.0.0.1'));
    expect(await idsOn(agents.second.address)).toEqual(on(SECOND_HOST));
  });
});
