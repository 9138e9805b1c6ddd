import { describe, expect, it } from 'vitest';
import { startDevAgent } from '../../../src/dev-agent/dev-agent.ts';
import { parseJson } from '../../../src/dev-agent/wire/go-json.ts';
import { isJsonMap } from '../../../src/dev-agent/wire/json-value.ts';
import { seededRandom } from '../../../src/runtime/random.ts';
import { RawClient } from '../../support/dev-agent-call.ts';
import { consulBin, RealConsul } from '../../support/real-consul.ts';

/** `DEV_AGENT_KEYS=10000` makes it longer. */
const count = Number(process.env.DEV_AGENT_KEYS ?? '1000');

interface Registry extends AsyncDisposable {
  readonly address: string;
}

const registries: readonly (readonly [name: string, start: () => Promise<Registry>, isHere: boolean])[] = [
  ['embedded registry', () => startDevAgent({ listen: '127.0.0.1:0' }), true],
  ['real agent', () => RealConsul.start(), consulBin !== undefined],
];

interface Pair {
  readonly key: string;
  readonly value: Buffer;
  readonly flags: bigint;
}

function randomPairs(): readonly Pair[] {
  const random = seededRandom(7);
  const letters = ['a', 'Z', '0', '-', '_', ' ', '%', '?', '#', '+', '&', '=', 'é', '日', '😀', '"', '\\'];
  const letter = (): string => letters[Math.floor(random() * letters.length)] ?? 'a';
  return Array.from({ length: count }, (_, at) => ({
    key: `${at}/${Array.from({ length: Math.floor(random() * 12) }, letter).join('')}`,
    value: Buffer.from(Array.from({ length: Math.floor(random() * 64) }, () => Math.floor(random() * 256))),
    flags: (BigInt(Math.floor(random() * 2 ** 32)) << 32n) | BigInt(Math.floor(random() * 2 ** 32)),
  }));
}

describe.each(registries.filter(([, , isHere]) => isHere))('keys and values on the %s', (_name, start) => {
  it('come back byte for byte, with their flags, in the order of their bytes', { timeout: 120_000 }, async () => {
    await using registry = await start();
    using client = new RawClient(registry.address);
    const pairs = randomPairs();
    for (const { key, value, flags } of pairs) {
      const path = `/v1/kv/${key.split('/').map(encodeURIComponent).join('/')}?flags=${flags}`;
      expect((await client.send({ method: 'PUT', path, body: value })).body.toString().trim()).toBe('true');
    }
    const listed = parseJson((await client.send({ method: 'GET', path: '/v1/kv/?recurse' })).body.toString());
    const seen = (Array.isArray(listed) ? listed : []).map((entry) => {
      if (!isJsonMap(entry)) return undefined;
      const value = Buffer.from(String(entry.get('Value') ?? ''), 'base64').toString('hex');
      return { key: entry.get('Key'), value, flags: BigInt(entry.get('Flags') as number) };
    });
    const expected = pairs
      .map(({ key, value, flags }) => ({ key, value: value.toString('hex'), flags }))
      .sort((one, other) => Buffer.compare(Buffer.from(one.key), Buffer.from(other.key)));
    expect(seen).toEqual(expected);
  });
});
