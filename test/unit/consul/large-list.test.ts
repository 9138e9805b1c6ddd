import { describe, expect, it } from 'vitest';
import { sameHealthEntries } from '../../../src/consul/compare.ts';
import { DecodeError, decodeObject, decodeString } from '../../../src/consul/decode/decoder.ts';
import { decodeHealthEntry, type HealthEntry } from '../../../src/consul/decode/health.ts';
import { decodeLargeList, ElementMemo } from '../../../src/consul/decode/large-list.ts';

const NODE = { ID: 'x', Node: 'n1', Address: '10.0.0.1', Datacenter: 'dc1', TaggedAddresses: null, Meta: null };

describe('a large list', () => {
  const entries = (count: number, port: number) =>
    Array.from({ length: count }, (_, n) => ({
      Node: NODE,
      Service: { ID: `web-${n}`, Service: 'web', Port: n === 5 ? port : 80 },
    }));
  const body = (count: number, port = 80) => Buffer.from(JSON.stringify(entries(count, port)));

  it('leaves others their turn while it is decoded', async () => {
    let turns = 0;
    const turn = setInterval(() => (turns += 1), 0);
    expect(await decodeLargeList(body(10_000), decodeHealthEntry)).toHaveLength(10_000);
    clearInterval(turn);
    expect(turns).toBeGreaterThan(3);
  });

  it('gives what did not change as the same object, and the rest anew', async () => {
    const memo = new ElementMemo<HealthEntry>();
    const first = await decodeLargeList(body(10), decodeHealthEntry, memo);
    const second = await decodeLargeList(body(10, 81), decodeHealthEntry, memo);
    expect(second.map((entry, n) => entry === first[n])).toEqual(first.map((_, n) => n !== 5));
    expect(second[5]?.service.port).toBe(81);
    expect(sameHealthEntries(first, second)).toBe(false);
    expect(sameHealthEntries(first, await decodeLargeList(body(10), decodeHealthEntry, memo))).toBe(true);
  });

  it('knows its elements again when others come or leave between them', async () => {
    const memo = new ElementMemo<object>();
    const read = (...names: string[]) =>
      decodeLargeList(Buffer.from(JSON.stringify(names.map((name) => ({ name })))), decodeObject, memo);
    const [a, b, c, d] = await read('a', 'b', 'c', 'd');
    const [a2, x, b2, d2] = await read('a', 'x', 'b', 'd');
    expect([a2 === a, b2 === b, d2 === d]).toEqual([true, true, true]);
    const [c3, d3, a3] = await read('c', 'd', 'a');
    expect(c3).toEqual(c);
    expect(d3).toBe(d);
    // It moved to the front of one that was not there before it: read anew, and rightly.
    expect(a3).toEqual(a);
    expect(x).toEqual({ name: 'x' });
  });

  it('has only its digest remembered when it is small, and is not taken for one that was large', async () => {
    const memo = new ElementMemo<HealthEntry>(body(10).length);
    const small = await decodeLargeList(body(3), decodeHealthEntry, memo);
    const longer = await decodeLargeList(body(4), decodeHealthEntry, memo);
    expect(longer[0]).toEqual(small[0]);
    expect(longer[0]).not.toBe(small[0]);
    const large = await decodeLargeList(body(10), decodeHealthEntry, memo);
    expect((await decodeLargeList(body(10), decodeHealthEntry, memo))[0]).toBe(large[0]);
    await decodeLargeList(body(3), decodeHealthEntry, memo);
    expect((await decodeLargeList(body(10), decodeHealthEntry, memo))[0]).not.toBe(large[0]);
  });

  it('is the very list of the last answer when it is small and came again as it was', async () => {
    const memo = new ElementMemo<HealthEntry>(body(10).length);
    const first = await decodeLargeList(body(6), decodeHealthEntry, memo);
    expect(await decodeLargeList(body(6), decodeHealthEntry, memo)).toBe(first);
    const other = await decodeLargeList(body(6, 81), decodeHealthEntry, memo);
    expect(other[5]?.service.port).toBe(81);
    expect(await decodeLargeList(body(6), decodeHealthEntry, memo)).not.toBe(first);
  });

  it('keeps its memory when an answer is refused', async () => {
    const memo = new ElementMemo<HealthEntry>();
    const first = await decodeLargeList(body(3), decodeHealthEntry, memo);
    const broken = Buffer.from(body(3).toString().replace('"Port":80}}]', '"Port":"x"}}]'));
    await expect(decodeLargeList(broken, decodeHealthEntry, memo)).rejects.toThrow(
      '[2].Service.Port: expected a number',
    );
    expect((await decodeLargeList(body(3), decodeHealthEntry, memo))[0]).toBe(first[0]);
  });

  it('may be null, empty or spaced out, and nothing but a list', async () => {
    for (const text of ['null', '[]', ' [ ] '])
      expect(await decodeLargeList(Buffer.from(text), decodeString)).toEqual([]);
    expect(await decodeLargeList(Buffer.from('["a"]'), decodeString)).toEqual(['a']);
    for (const text of ['{}', '[{}', '[{}] x', '[{},]', '']) {
      await expect(decodeLargeList(Buffer.from(text), decodeObject)).rejects.toThrow(DecodeError);
    }
  });
});
