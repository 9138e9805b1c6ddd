import { expect, it } from 'vitest';
import type { EndpointSet } from '../../../src/upstream/endpoint-source.ts';
import { WatchLayer } from '../../../src/upstream/watch-layer.ts';
import { endpoints } from '../../support/upstream-parts.ts';
import { ScriptedSource } from '../../support/upstream-scripted-source.ts';

class Noting extends WatchLayer {
  readonly taken: number[] = [];

  confirmed(): void {}

  failed(): void {}

  protected override take(set: EndpointSet): void {
    this.taken.push(set.endpoints.length);
  }
}

const set = (count: number): EndpointSet => ({
  origin: 'consul',
  endpoints: endpoints(...Array.from({ length: count }, (_, index) => `e${index}`)),
});
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

function watched() {
  const source = new ScriptedSource();
  const layer = new Noting().over(source, { service: 'orders' });
  return { source, layer, answer: (count: number) => source.of('orders').answer(set(count)) };
}

it('takes a small set at once, and a large one in a turn of its own', async () => {
  const { layer, answer } = watched();
  answer(3);
  expect(layer.taken).toEqual([3]);
  answer(1000);
  expect(layer.taken).toEqual([3]);
  await turn();
  expect(layer.taken).toEqual([3, 1000]);
});

it('takes only the newest of those that come before the turn, a small one too', async () => {
  const { layer, answer } = watched();
  answer(1000);
  answer(2000);
  answer(2);
  expect(layer.taken).toEqual([]);
  await turn();
  expect(layer.taken).toEqual([2]);
});

it('takes nothing once it is ended, and ends what is below it', async () => {
  const { source, layer, answer } = watched();
  answer(1000);
  await layer.end();
  answer(1);
  await turn();
  expect(layer.taken).toEqual([]);
  expect(source.open).toEqual([]);
});
