import { expect, it } from 'vitest';
import { IteratedSource } from '../../../src/discovery/iterated-source.ts';
import type { EndpointSet, IterableSource } from '../../../src/upstream/endpoint-source.ts';
import { endpointsTo } from '../../support/discovery-endpoint.ts';
import { consume } from '../../support/discovery-source.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { catalogDown } from '../../support/upstream-scripted-source.ts';

const set = (count: number): EndpointSet => ({ origin: 'static', endpoints: endpointsTo(count) });
const aborted = (signal: AbortSignal) => new Promise((resolve) => signal.addEventListener('abort', resolve));

function listenTo(watch: IterableSource['watch']) {
  const clock = new FakeClock();
  return { clock, seen: consume(new IteratedSource({ watch }, clock)) };
}

it('tells what the loop yields, confirms and reports, and ends the loop', async () => {
  let hasEnded = false;
  const { seen } = listenTo(async function* (_query, observer, signal) {
    yield set(1);
    observer.confirmed();
    yield set(2);
    observer.failed(catalogDown);
    await aborted(signal);
    hasEnded = true;
  });
  await settle();
  expect(seen.order).toEqual(['set', 'confirmed', 'set', 'failed']);
  expect(seen.latest).toEqual(set(2));
  await seen.stop();
  expect(hasEnded).toBe(true);
});

it('reports a loop that breaks, and begins it again after a second', async () => {
  let begun = 0;
  const { clock, seen } = listenTo(async function* (_query, _observer, signal) {
    begun += 1;
    yield set(begun);
    if (begun === 1) throw new Error('bug');
    await aborted(signal);
  });
  await settle();
  expect(seen.failures).toMatchObject([{ code: 'endpoint_source_broke' }]);
  await clock.advance(999);
  expect(begun).toBe(1);
  await clock.advance(1);
  expect(seen.latest).toEqual(set(2));
  await seen.stop();
  expect(clock.pending).toBe(0);
});

it('begins a loop again that ended by itself, and tells nothing once it is ended', async () => {
  const observers: { confirmed(): void }[] = [];
  const { clock, seen } = listenTo(async function* (_query, observer) {
    observers.push(observer);
    yield set(observers.length);
  });
  await clock.advance(1000);
  expect(seen.sets).toEqual([set(1), set(2)]);
  await seen.stop();
  for (const observer of observers) observer.confirmed();
  expect(seen.confirmed).toBe(0);
});
