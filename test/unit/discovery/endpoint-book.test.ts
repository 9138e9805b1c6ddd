import { describe, expect, it } from 'vitest';
import { EndpointBook } from '../../../src/discovery/endpoint-book.ts';
import { endpoint } from '../../support/upstream-parts.ts';

const answer = (count: number) => Array.from({ length: count }, (_, at) => endpoint(`n1/web-${at}`));

describe.each([3, 700])('a book of %i endpoints', (count) => {
  it('gives out the known object of whoever is the same', async () => {
    const book = new EndpointBook();
    const early = endpoint('n1/web-1');
    expect(book.same(early)).toBe(early);
    const first = (await book.take(answer(count))) ?? [];
    const [heavier, stranger] = [endpoint('n1/web-1', { weight: 2 }), endpoint('n1/other')];
    expect(book.same(endpoint('n1/web-1'))).toBe(first[1]);
    expect([book.same(heavier), book.same(stranger), book.same(undefined)]).toEqual([heavier, stranger, undefined]);
  });

  it('tells what changed, and nothing of an answer that means the same', async () => {
    const book = new EndpointBook();
    const first = (await book.take(answer(count))) ?? [];
    expect(first).toHaveLength(count);
    expect(await book.take(answer(count).reverse())).toBeUndefined();
    const second = (await book.take([...answer(count).slice(1), undefined])) ?? [];
    expect(second).toHaveLength(count - 1);
    expect(second[0]).toBe(first[1]);
    expect(await book.take(second)).toBeUndefined();
    expect(await book.take([])).toEqual([]);
  });

  it('holds no list of its own beside an answer that is just what it has', async () => {
    const book = new EndpointBook();
    const first = answer(count);
    expect(await book.take(first)).toBe(first);
    const second = [endpoint('n1/other'), ...first];
    expect(await book.take(second)).toBe(second);
    const holed = [...first, undefined];
    expect(await book.take(holed)).toEqual(first);
    const doubled = [...first, endpoint('n1/web-1', { weight: 2 })];
    expect(await book.take(doubled)).toHaveLength(count);
  });

  it('takes an empty first answer as news', async () => {
    expect(await new EndpointBook().take([])).toEqual([]);
  });
});
