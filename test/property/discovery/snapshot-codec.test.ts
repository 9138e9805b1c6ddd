import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeSnapshot, encodeSnapshot } from '../../../src/discovery/snapshot-codec.ts';
import type { Endpoint } from '../../../src/upstream/endpoint.ts';

const text = fc.string({ unit: 'binary', maxLength: 20 });
const health = fc.constantFrom('passing', 'warning', 'critical', 'maintenance');
const endpoint: fc.Arbitrary<Endpoint> = fc.record({
  id: text,
  host: text,
  port: fc.nat(65_535),
  weight: fc.nat(65_535),
  health,
  tags: fc.array(text),
  meta: fc.array(fc.tuple(text, text)).map((pairs) => new Map(pairs)),
  node: text,
  datacenter: text,
  checks: fc.array(fc.record({ id: text, name: text, status: health, output: fc.constant('') })),
});
const snapshot = fc.record({
  query: fc.record({ service: text, tag: text, datacenter: text }),
  confirmedAtWallMs: fc.nat(),
  endpoints: fc.array(endpoint, { maxLength: 5 }),
});

it('a snapshot comes back as it was written', async () => {
  await fc.assert(
    fc.asyncProperty(snapshot, async (written) => {
      expect(decodeSnapshot(await encodeSnapshot(written))).toEqual(written);
    }),
  );
});

it('a snapshot with any one character changed is not read', async () => {
  await fc.assert(
    fc.asyncProperty(snapshot, fc.nat(), fc.string({ minLength: 1, maxLength: 1 }), async (written, at, other) => {
      const whole = await encodeSnapshot(written);
      const place = at % whole.length;
      fc.pre(whole[place] !== other);
      expect(() => decodeSnapshot(whole.slice(0, place) + other + whole.slice(place + 1))).toThrow();
    }),
  );
});
