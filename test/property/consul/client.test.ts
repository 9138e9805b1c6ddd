import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnswerMeta } from '../../../src/consul/answer.ts';
import { sameByKey, sameValue } from '../../../src/consul/compare.ts';
import { DecodeError, decodeList, decodeObject } from '../../../src/consul/decode/decoder.ts';
import { decodeHealthEntries } from '../../../src/consul/decode/health.ts';
import { decodeKvEntry } from '../../../src/consul/decode/kv.ts';
import { decodeLargeList, ElementMemo } from '../../../src/consul/decode/large-list.ts';
import { parseJson, writeJson } from '../../../src/consul/decode/parse-json.ts';
import { keyPath } from '../../../src/consul/kv-key.ts';
import { cursorAfter, FROM_NOW } from '../../../src/consul/poll-cursor.ts';

const META: AnswerMeta = {
  index: undefined,
  contentHash: undefined,
  knownLeader: undefined,
  lastContactMs: undefined,
  cache: undefined,
  ageMs: undefined,
  effectiveConsistency: undefined,
};

describe('for any values', () => {
  it('KV entries survive the way through JSON: bytes, keys and flags up to 2^64-1', () => {
    const entry = fc.record({
      key: fc.string({ unit: 'grapheme', minLength: 1 }),
      value: fc.uint8Array(),
      flags: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    });
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        const body = writeJson(
          entries.map(({ key, value, flags }) => ({
            Key: key,
            Value: value.length === 0 ? null : Buffer.from(value).toString('base64'),
            Flags: flags,
            CreateIndex: 1,
            ModifyIndex: 1,
          })),
        );
        const decoded = decodeList(decodeKvEntry)(parseJson(Buffer.from(body)));
        expect(decoded.map(({ key, value, flags }) => ({ key, value: new Uint8Array(value), flags }))).toEqual(entries);
      }),
    );
  });

  it('a key either goes out as a path that Consul reads back as the same key, or is refused', () => {
    const parts = fc.array(fc.oneof(fc.constantFrom('', '.', '..', 'a', '%2e'), fc.string({ unit: 'binary' })));
    fc.assert(
      fc.property(parts, (segments) => {
        const key = segments.join('/');
        let path: string;
        try {
          path = keyPath(key, 'GET');
        } catch {
          return;
        }
        const url = new URL(`http://consul/v1/kv/${path}`);
        expect(decodeURIComponent(url.pathname)).toBe(`/v1/kv/${key}`);
        expect(url.search + url.hash).toBe('');
        // What Go's path.Clean would change is what Consul redirects.
        expect(key).not.toMatch(/^\/|\/\/|(^|\/)\.\.?(\/|$)/);
      }),
    );
  });

  it('lists compare equal exactly when they hold the same items, in any order', () => {
    const item = fc.record({ id: fc.integer({ min: 0, max: 5 }), tag: fc.constantFrom('a', 'b') });
    const list = fc.uniqueArray(item, { selector: ({ id }) => id });
    const same = sameByKey<{ id: number; tag: string }>(({ id }) => String(id), sameValue);
    fc.assert(
      fc.property(list, list, (a, b) => {
        const sorted = (items: typeof a) =>
          JSON.stringify(items.toSorted((x, y) => x.id - y.id).map((x) => [x.id, x.tag]));
        expect(same(a, b)).toBe(sorted(a) === sorted(b));
        expect(same(a, a.toReversed())).toBe(true);
      }),
    );
  });

  it('a deep comparison agrees with the values’ JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), (a, b) => {
        expect(sameValue(a, structuredClone(a))).toBe(true);
        const canonical = (value: unknown): string =>
          JSON.stringify(value, (_key, each: unknown) =>
            typeof each === 'object' && each !== null && !Array.isArray(each)
              ? Object.fromEntries(Object.entries(each).sort(([x], [y]) => (x < y ? -1 : 1)))
              : each,
          );
        // -0 and 0 are one number to JSON and two to Object.is.
        fc.pre(!/-0|:0|\[0|^0/.test(canonical(a)) || canonical(a) !== canonical(b));
        expect(sameValue(a, b)).toBe(canonical(a) === canonical(b));
      }),
    );
  });

  it('a watch never blocks on an index above the last one it was told', () => {
    const index = fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined });
    fc.assert(
      fc.property(fc.array(index), (indexes) => {
        let cursor = FROM_NOW;
        for (const told of indexes) {
          cursor = cursorAfter(cursor, { ...META, index: told });
          expect(cursor.index ?? 0).toBeLessThanOrEqual(told ?? 0);
        }
      }),
    );
  });

  it('a list decoded in stretches, with or without a memory of the last one, is what it is decoded whole', async () => {
    const item = fc.record({
      Key: fc.string({ unit: 'binary' }),
      Flags: fc.nat(),
      More: fc.jsonValue({ maxDepth: 2 }),
    });
    const memo = new ElementMemo<unknown>();
    await fc.assert(
      fc.asyncProperty(fc.array(item), fc.constantFrom(undefined, 2, '\t'), async (list, space) => {
        const body = Buffer.from(JSON.stringify(list, undefined, space));
        const whole = decodeList(decodeObject)(parseJson(body));
        expect(await decodeLargeList(body, decodeObject)).toEqual(whole);
        expect(await decodeLargeList(body, decodeObject, memo)).toEqual(whole);
        const again = await decodeLargeList(body, decodeObject, memo);
        expect(again).toEqual(whole);
      }),
    );
  });

  it('a list with a byte changed is decoded, or refused, as it is whole', async () => {
    const text = JSON.stringify([{ Key: 'a"\\', Flags: 1, More: [{}, '}]'] }, { Key: 'b' }]);
    const outcome = async (act: () => unknown) => {
      try {
        return JSON.stringify(await act());
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
        return 'refused';
      }
    };
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length - 1), fc.constantFrom(...'"\\{}[],: x'), async (at, byte) => {
        const body = Buffer.from(text.slice(0, at) + byte + text.slice(at + 1));
        const whole = await outcome(() => decodeList(decodeObject)(parseJson(body)));
        expect(await outcome(() => decodeLargeList(body, decodeObject, new ElementMemo()))).toBe(whole);
      }),
      { numRuns: 500 },
    );
  });

  it('an answer of any shape is either decoded or refused with its place, and nothing else is thrown', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(decodeHealthEntries, decodeList(decodeKvEntry)), (value, decode) => {
        try {
          decode(value);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
    );
  });
});
