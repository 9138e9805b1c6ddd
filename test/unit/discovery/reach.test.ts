import { expect, it } from 'vitest';
import { ReachSource } from '../../../src/discovery/reach.ts';
import { endpointsTo } from '../../support/discovery-endpoint.ts';
import { catalogDown, ScriptedSource } from '../../support/upstream-scripted-source.ts';

it('tells of each loss and return of the catalog once, whichever query shows it', async () => {
  const scripted = new ScriptedSource();
  const told: boolean[] = [];
  const source = new ReachSource(Object.assign(scripted, { reread: async () => undefined as never }), (answers) => {
    told.push(answers);
  });
  const seen: number[] = [];
  const watching = ['orders', 'payments'].map((service) =>
    source.watch(
      { service },
      {
        changed: ({ endpoints }) => void seen.push(endpoints.length),
        confirmed: () => undefined,
        failed: () => undefined,
      },
    ),
  );
  const [orders, payments] = [scripted.of('orders'), scripted.of('payments')];
  orders.observer.confirmed();
  orders.observer.failed(catalogDown);
  payments.observer.failed(catalogDown);
  expect(told).toEqual([false]);
  payments.observer.confirmed();
  orders.observer.confirmed();
  expect(told).toEqual([false, true]);
  orders.observer.failed(catalogDown);
  payments.answer({ origin: 'consul', endpoints: endpointsTo(2) });
  expect([told, seen]).toEqual([[false, true, false, true], [2]]);
  await Promise.all(watching.map((watch) => watch.end()));
  expect(scripted.open).toEqual([]);
});
