import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { ConsulClient } from '../../../src/consul/consul-client.ts';
import { importKeys } from '../../../src/kv-config/import-keys.ts';
import { type ArchivedKey, formatArchive, parseArchive } from '../../../src/kv-config/kv-archive.ts';
import { seededRandom } from '../../../src/runtime/random.ts';
import { consulBin, RealConsul } from '../../support/real-consul.ts';
import { registryKinds } from '../../support/registries.ts';

const COUNT = 10_000;

/** Random keys (any Unicode but what Consul’s paths forbid), values (any bytes, often none) and flags (any 64 bits). */
function randomKeys(): readonly ArchivedKey[] {
  const random = seededRandom(815);
  const below = (limit: number) => Math.floor(random() * limit);
  const letter = () =>
    String.fromCodePoint(
      [97 + below(26), 0xe4 + below(20), 0x4e00 + below(500), 0x1f600 + below(40), 32][below(5)] ?? 97,
    );
  const bits = () => BigInt(below(2 ** 32));
  return Array.from({ length: COUNT }, (_, index) => ({
    key: `moved/${Array.from({ length: 1 + below(8) }, letter).join('')}/${index}`,
    value: Buffer.from(Array.from({ length: below(4) === 0 ? 0 : below(60) }, () => below(256))),
    flags: below(3) === 0 ? 2n ** 64n - 1n : (bits() << 32n) | bits(),
  }));
}

const byKey = (one: ArchivedKey, other: ArchivedKey) => (one.key < other.key ? -1 : 1);

describe.each(registryKinds.filter(({ isHere }) => isHere))('on $name', ({ start }) => {
  it('ten thousand keys of any kind are the same after import, export and import elsewhere', async () => {
    await using registry = await start();
    await using consul = new ConsulClient({ address: registry.address });
    const keys = randomKeys();
    await importKeys(consul, parseArchive(formatArchive(keys)));
    const first = (await consul.kv.list('moved/')).value;
    await consul.kv.deletePrefix('moved/');
    await importKeys(consul, parseArchive(formatArchive(first)));
    const second = (await consul.kv.list('moved/')).value.map(({ key, value, flags }) => ({ key, value, flags }));
    expect(second.toSorted(byKey)).toEqual(keys.toSorted(byKey));
  });

  it('values up to Consul’s limit go along', async () => {
    await using registry = await start();
    await using consul = new ConsulClient({ address: registry.address });
    const keys = [524_288, 300_000, 200_000, 100_000, 1].map((size, index) => ({
      key: `large/${index}`,
      value: Buffer.alloc(size, index),
      flags: 0n,
    }));
    await importKeys(consul, keys);
    const stored = (await consul.kv.list('large/')).value.map(({ key, value, flags }) => ({ key, value, flags }));
    expect(stored).toEqual(keys);
  });
});

it.skipIf(consulBin === undefined)('Consul’s own tool writes what ours reads, and reads what ours writes', async () => {
  await using registry = await RealConsul.start();
  await using consul = new ConsulClient({ address: registry.address });
  const tool = ([verb = '', ...args]: readonly string[], input?: string) =>
    execFileSync(consulBin ?? '', ['kv', verb, `-http-addr=${registry.address}`, ...args], { input, encoding: 'utf8' });
  const keys = [
    { key: 'tool/a', value: Buffer.from([0, 1, 255]), flags: 42n },
    { key: 'tool/b ü', value: Buffer.alloc(0), flags: 2n ** 64n - 1n },
  ];
  tool(['import', '-'], formatArchive(keys));
  expect((await consul.kv.list('tool/')).value).toMatchObject(keys);
  expect(parseArchive(tool(['export', 'tool/']))).toEqual(keys);
});
