import { expect, it } from 'vitest';
import { SharedSource } from '../../../src/discovery/shared-source.ts';
import type { EndpointSet } from '../../../src/upstream/endpoint-source.ts';
import { endpointsTo } from '../../support/discovery-endpoint.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { catalogDown, ScriptedSource } from '../../support/upstream-scripted-source.ts';

const set = (count: number): EndpointSet => ({ origin: 'consul', endpoints: endpointsTo(count) });
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** One who watches `orders`, and notes what it is told. */
function watcher(source: SharedSource): { readonly heard: string[]; readonly end: () => Promise<void> } {
  const heard: string[] = [];
  const watching = source.watch(
    { service: 'orders' },
    {
      changed: ({ endpoints, ageMs }) =>
        void heard.push(`${endpoints.length}${ageMs === undefined ? '' : `, ${ageMs} ms old`}`),
      confirmed: () => void heard.push('confirmed'),
      failed: () => void heard.push('failed'),
    },
  );
  return { heard, end: () => watching.end() };
}

function started(): { source: ScriptedSource; clock: FakeClock; shared: SharedSource } {
  const [source, clock] = [new ScriptedSource(), new FakeClock()];
  return { source, clock, shared: new SharedSource(source, clock) };
}

it('asks once for all who watch the same, and tells all of them', async () => {
  const { source, shared } = started();
  const [one, two] = [watcher(shared), watcher(shared)];
  await turn();
  expect(source.watches.length).toBe(1);
  source.of('orders').answer(set(2));
  await turn();
  source.of('orders').observer.confirmed();
  source.of('orders').observer.failed(catalogDown);
  expect([one.heard, two.heard]).toEqual([
    ['2', 'confirmed', 'failed'],
    ['2', 'confirmed', 'failed'],
  ]);
});

it('tells a later one at once what is known, how old it is, and then that the catalog fails', async () => {
  const { source, clock, shared } = started();
  watcher(shared);
  await turn();
  source.of('orders').answer(set(3));
  await turn();
  await clock.advance(700);
  source.of('orders').observer.failed(catalogDown);
  const late = watcher(shared);
  await turn();
  await turn();
  expect(late.heard).toEqual(['3, 700 ms old', 'failed']);
});

it('ends the watch with the last of them, and begins anew with the next', async () => {
  const { source, shared } = started();
  const [one, two] = [watcher(shared), watcher(shared)];
  await turn();
  await one.end();
  expect(source.open.length).toBe(1);
  await two.end();
  expect(source.open.length).toBe(0);
  watcher(shared);
  await turn();
  expect(source.watches.length).toBe(2);
});
