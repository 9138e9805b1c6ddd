import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildTree, valueAt } from '../../../src/kv-config/build-tree.ts';
import { keyAt } from '../../../src/kv-config/config-path.ts';
import { type ConfigValue, decodeValue, encodeValue } from '../../../src/kv-config/config-value.ts';
import { setInLayer } from '../../../src/kv-config/tree-write.ts';

/** Text that looks like something else, too. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('5432', '"5432"', 'true', 'null', ' 1', '{}', '[1', '-0', '1e5', 'a: b', '', '\ufeff1', '\ud800'),
  fc.json(),
  fc.double().map(String),
);
const value = fc.oneof(
  text,
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.uint8Array(),
  fc.jsonValue({ noUnicodeString: false }),
  fc.dictionary(text, text, { noNullPrototype: true }),
) as fc.Arbitrary<ConfigValue>;

const name = fc
  .string({ unit: 'grapheme', minLength: 1 })
  .filter((each) => each !== '.' && each !== '..' && !each.includes('/') && each.isWellFormed())
  .filter((each) => !/\.(json|ya?ml)$/.test(each));

/** Bytes as bytes, whatever class they are of; -0 stays -0. */
function plain(each: ConfigValue | undefined): unknown {
  return each instanceof Uint8Array ? { bytes: [...each] } : each;
}

describe('a value', () => {
  it('comes back as it was stored: what is text stays text, what is a number stays one', () => {
    fc.assert(
      fc.property(value, (each) => {
        const back = decodeValue(encodeValue(each));
        expect(plain(back)).toStrictEqual(plain(each));
        if (typeof each === 'number') expect(Object.is(back, each)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('that a person wrote is taken as JSON if it is JSON, else as it stands, else as bytes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          text.map((each) => Buffer.from(each)),
          fc.uint8Array(),
        ),
        (bytes) => {
          const back = decodeValue({ value: bytes, flags: 0n });
          const asText = Buffer.from(bytes).toString('utf8');
          let wanted: unknown = Buffer.compare(Buffer.from(asText), bytes) === 0 ? asText : bytes;
          try {
            wanted = JSON.parse(asText);
          } catch {
            // Plain text.
          }
          expect(plain(back)).toStrictEqual(plain(wanted as ConfigValue));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('at any path is found at that path, and replaces whatever stood there', () => {
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), value, value, (names, one, other) => {
        const empty = { folder: 'config/app/', entries: [] };
        const first = setInLayer(empty, names, { value: one, cas: undefined }).after;
        const { after } = setInLayer(first, names, { value: other, cas: undefined });
        expect(after.entries).toHaveLength(1);
        expect(after.entries[0]?.key).toBe(`config/app/${keyAt(names)}`);
        const { value: tree, problems } = buildTree([after]);
        expect(problems).toEqual([]);
        expect(plain(valueAt(tree, names))).toEqual(plain(other));
      }),
    );
  });

  it.each([undefined, Number.NaN, Number.POSITIVE_INFINITY, 1n, new Date(0), new Map(), { a: [undefined] }, () => 1])(
    'that JSON cannot say is refused: %s',
    (each) => {
      expect(() => encodeValue(each as never)).toThrow(/would not come back as it is/);
    },
  );
});
