import { afterEach, describe, expect, it } from 'vitest';
import { ConsulClient } from '../../../src/consul/consul-client.ts';
import { QueryBudget } from '../../../src/consul/query-budget.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { consulBin, RealConsul } from '../../support/real-consul.ts';

/** RESTARTS=20 is the full proof; fewer keep the suite short. */
const RESTARTS = Number(process.env.RESTARTS ?? 4);
const WATCHES = 50;

const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

describe.skipIf(consulBin === undefined)('fifty services and fifty key trees under watch', () => {
  it(`are right after each of ${RESTARTS} restarts without state, and none spins`, { timeout: 240_000 }, async () => {
    const consul = await RealConsul.start();
    opened.push(consul);
    const budget = new QueryBudget({ clock: systemClock, pollsPerSecond: 1e6, burst: 1e6 });
    const client = new ConsulClient({ address: consul.address, budget });
    opened.push(client);
    const ports = new Map<number, number | undefined>();
    const trees = new Map<number, string>();
    const numbers = Array.from({ length: WATCHES }, (_, n) => n);
    const watches = numbers.flatMap((n) => [
      (async () => {
        for await (const { value } of client.health.watchService(`s${n}`)) ports.set(n, value[0]?.service.port);
      })(),
      (async () => {
        for await (const { value } of client.kv.watchPrefix(`t${n}/`)) {
          trees.set(n, value.map((entry) => `${entry.key}=${entry.value}`).join());
        }
      })(),
    ]);
    const write = async (round: number) => {
      for (const n of numbers) {
        await client.agent.register({ name: `s${n}`, port: round });
        await client.kv.put(`t${n}/a`, String(round));
        await (round % 2 === 0 ? client.kv.put(`t${n}/b`, 'x') : client.kv.delete(`t${n}/b`));
      }
    };
    const wrong = (round: number) =>
      numbers.filter((n) => {
        const tree = round % 2 === 0 ? `t${n}/a=${round},t${n}/b=x` : `t${n}/a=${round}`;
        return ports.get(n) !== round || trees.get(n) !== tree;
      });
    await write(1);
    await expect.poll(() => wrong(1), { timeout: 20_000 }).toEqual([]);
    for (let round = 2; round <= RESTARTS + 1; round++) {
      await consul.kill();
      await consul.resume();
      await write(round);
      await expect.poll(() => wrong(round), { timeout: 20_000 }).toEqual([]);
    }
    const asked = (budget.spent.get('poll') ?? 0) + (budget.spent.get('read') ?? 0);
    expect(asked / (2 * WATCHES)).toBeLessThan(12 * (RESTARTS + 1));
    await client.close();
    await Promise.all(watches);
  });
});
