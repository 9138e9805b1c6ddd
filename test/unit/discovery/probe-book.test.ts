import { describe, expect, it } from 'vitest';
import { type EndpointProbeResult, ProbeBook } from '../../../src/discovery/probe-book.ts';
import type { Endpoint } from '../../../src/upstream/endpoint.ts';
import { endpointNo } from '../../support/discovery-endpoint.ts';

const passing: EndpointProbeResult = { kind: 'passing', output: '200' };
const failing: EndpointProbeResult = { kind: 'failing', output: '500' };
const unclear: EndpointProbeResult = { kind: 'unclear', output: 'no descriptor' };

function bookOf(...endpoints: readonly Endpoint[]): ProbeBook {
  const book = new ProbeBook({ rise: 2, fall: 3 });
  book.take(endpoints);
  return book;
}

const one = endpointNo(1);
const two = endpointNo(2);
const noteAll = (book: ProbeBook, endpoint: Endpoint, ...results: readonly EndpointProbeResult[]) =>
  results.map((result) => {
    book.begin(endpoint.id);
    return book.note(endpoint, result);
  });
const failed = (book: ProbeBook) => book.marked().map(({ probeFailure }) => probeFailure);

describe('what probes say of an endpoint', () => {
  it('takes it out after so many failures in a row, and not before', () => {
    const book = bookOf(one, two);
    expect(noteAll(book, one, failing, failing, passing, failing, failing)).toEqual(Array(5).fill(undefined));
    expect(noteAll(book, one, failing)).toEqual(['failing']);
    expect(failed(book)).toEqual(['500', undefined]);
    expect(book.marked()[1], 'the others are the very same').toBe(two);
  });

  it('takes it back after so many successes in a row', () => {
    const book = bookOf(one);
    noteAll(book, one, failing, failing, failing);
    expect(noteAll(book, one, passing, failing, passing)).toEqual([undefined, undefined, undefined]);
    expect(noteAll(book, one, passing)).toEqual(['passing']);
    expect(book.marked()).toEqual([one]);
  });

  it('does not count what failed for a reason of our own', () => {
    const book = bookOf(one);
    expect(noteAll(book, one, failing, failing, unclear, unclear)).toEqual(Array(4).fill(undefined));
    expect(noteAll(book, one, failing)).toEqual(['failing']);
  });

  it('is kept over updates of the list, with what the catalog newly says', () => {
    const book = bookOf(one, two);
    noteAll(book, one, failing, failing, failing);
    book.take([endpointNo(3), endpointNo(1, { weight: 7 }), two]);
    expect(book.marked().map(({ id, weight, probeFailure }) => [id, weight, probeFailure])).toEqual([
      [endpointNo(3).id, 1, undefined],
      [one.id, 7, '500'],
      [two.id, 1, undefined],
    ]);
  });

  it('is void for another address under the same id, also when it was under way', () => {
    const book = bookOf(one);
    noteAll(book, one, failing, failing, failing);
    book.begin(one.id);
    const moved = endpointNo(1, { port: 9000 });
    book.take([moved]);
    expect(book.note(one, failing)).toBeUndefined();
    expect(book.marked()).toEqual([moved]);
    expect(book.begin(one.id)).toBe(moved);
  });

  it('is not asked for while an answer is awaited, after it has gone, or in maintenance', () => {
    const book = bookOf(one, endpointNo(2, { health: 'maintenance' }));
    expect(book.ids()).toEqual([one.id]);
    expect(book.begin(one.id)).toBe(one);
    expect(book.begin(one.id)).toBeUndefined();
    expect(book.begin('gone')).toBeUndefined();
    expect(book.note(endpointNo(9), failing)).toBeUndefined();
  });
});
