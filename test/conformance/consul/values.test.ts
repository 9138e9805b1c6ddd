import { afterEach, describe, expect, it } from 'vitest';
import { ConsulClient } from '../../../src/consul/consul-client.ts';
import type { KvOperation } from '../../../src/consul/txn.ts';
import { startDevAgent } from '../../../src/dev-agent/dev-agent.ts';
import { seededRandom } from '../../../src/runtime/random.ts';
import { consulBin, RealConsul } from '../../support/real-consul.ts';

const COUNT = 10_000;
/** What Consul takes in one transaction. */
const BATCH = 64;

const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

interface Stored {
  readonly key: string;
  readonly value: Buffer;
  readonly flags: bigint;
}

/** Random keys (any Unicode), values (any bytes, often none) and flags (any 64 bits). */
function randomValues(count: number): readonly Stored[] {
  const random = seededRandom(4711);
  const below = (limit: number) => Math.floor(random() * limit);
  const text = (length: number) =>
    Array.from({ length }, () =>
      String.fromCodePoint([33, 0xe4, 0x416, 0x4e2d, 0x1f41f][below(5)] ?? 33, 48 + below(60)),
    ).join('');
  return Array.from({ length: count }, (_, n) => ({
    key: `random/${n}-${text(below(6)).replaceAll('/', '%')}`,
    value: Buffer.from(Array.from({ length: below(4) === 0 ? 0 : below(200) }, () => below(256))),
    flags: (BigInt(below(2 ** 32)) << 32n) | BigInt(below(2 ** 32)),
  }));
}

async function roundTrip(address: string): Promise<void> {
  const client = new ConsulClient({ address });
  opened.push(client);
  const values = randomValues(COUNT);
  // One by one, all of them would take most of a minute: a hundred stand for that way.
  for (const { key, value, flags } of values.slice(0, 100))
    expect(await client.kv.put(key, value, { flags })).toBe(true);
  for (let at = 100; at < COUNT; at += BATCH) {
    const batch = values.slice(at, at + BATCH).map((each): KvOperation => ({ verb: 'set', ...each }));
    expect((await client.txn.kv(batch)).committed).toBe(true);
  }
  const byKey = new Map(values.map((each) => [each.key, each]));
  const stored = (await client.kv.list('random/')).value;
  expect(stored).toHaveLength(COUNT);
  const wrong = stored.filter(({ key, value, flags }) => {
    const put = byKey.get(key);
    return put === undefined || put.flags !== flags || Buffer.compare(put.value, value) !== 0;
  });
  expect(wrong).toEqual([]);
  for (const { key, value, flags } of values.slice(0, 100)) {
    expect((await client.kv.get(key)).value).toMatchObject({ key, value, flags });
    expect((await client.kv.raw(key)).value).toEqual(value);
  }
}

describe('10,000 random keys, values and flags come back as they were', () => {
  it.skipIf(consulBin === undefined)('from a real Consul agent', async () => {
    const consul = await RealConsul.start();
    opened.push(consul);
    await roundTrip(consul.address);
  });

  it('from the embedded registry', async () => {
    const registry = await startDevAgent({ listen: '127.0.0.1:0' });
    opened.push(registry);
    await roundTrip(registry.address);
  });
});
