import { describe, expect, it } from 'vitest';
import { ConsulClient } from '../../../src/consul/consul-client.ts';
import { QueryBudget } from '../../../src/consul/query-budget.ts';
import { ConfigTree } from '../../../src/kv-config/config-tree.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { consulBin, RealConsul } from '../../support/real-consul.ts';
import { until } from '../../support/until.ts';

const TREES = 50;
const RESTARTS = 20;

describe.skipIf(consulBin === undefined)('fifty configurations', () => {
  it('are right within two seconds of each return of a killed agent, deletes included, and do not spin meanwhile', async () => {
    await using agent = await RealConsul.start({ persistent: true });
    const budget = new QueryBudget({ clock: systemClock, pollsPerSecond: 1000, burst: 1000 });
    const spent = () => [...budget.spent.values()].reduce((sum, count) => sum + count, 0);
    await using consul = new ConsulClient({ address: agent.address, budget });
    await using writer = new ConsulClient({ address: agent.address });
    await writer.kv.put('config/application/shared', '0');
    const trees = await Promise.all(
      Array.from({ length: TREES }, (_, index) => ConfigTree.open({ consul, prefix: 'config', app: `app-${index}` })),
    );
    for (let round = 1; round <= RESTARTS; round++) {
      await agent.kill();
      const before = spent();
      await until('all know', async () => trees.every((tree) => tree.isStale));
      expect(trees.every((tree) => tree.get('shared') === round - 1)).toBe(true);
      await agent.resume();
      await writer.kv.put('config/application/shared', String(round));
      for (const index of trees.keys()) {
        if (round % 2 === 1) await writer.kv.put(`config/app-${index}/own`, String(round));
        else await writer.kv.delete(`config/app-${index}/own`);
      }
      const own = round % 2 === 1 ? round : undefined;
      const isRight = (tree: ConfigTree) => !tree.isStale && tree.get('shared') === round && tree.get('own') === own;
      await until(`all are right after restart ${round}`, async () => trees.every(isRight), 10_000);
      // Two watches a tree, each with a few tries and a few reads a round.
      const cost = spent() - before;
      process.stderr.write(`restart ${round}: ${cost} queries by ${TREES} configurations\n`);
      expect(cost).toBeLessThan(TREES * 2 * 15);
    }
    for (const tree of trees) await tree.close();
  }, 120_000);
});
