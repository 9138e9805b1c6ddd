import { afterEach, expect, it } from 'vitest';
import { seededRandom } from '../../../src/runtime/random.ts';
import { describe as described } from '../../../src/upstream/describe.ts';
import { explain } from '../../../src/upstream/explain.ts';
import { LoadSum, loadOf } from '../../../src/upstream/upstream-load.ts';
import { UpstreamTable } from '../../../src/upstream/upstream-table.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { defaultSettings, endpoint } from '../../support/upstream-parts.ts';
import { ScriptedSource } from '../../support/upstream-scripted-source.ts';

const tables: UpstreamTable[] = [];
afterEach(async () => {
  for (const table of tables.splice(0)) await table.close();
});

/** A process: a table with `orders`, which has the endpoints `a` and `b`. */
function process(clock: FakeClock): UpstreamTable {
  const settings = { ...defaultSettings, outlier: { ...defaultSettings.outlier, consecutiveFailures: 1 } };
  const table = new UpstreamTable({
    source: new ScriptedSource(),
    settingsFor: () => settings,
    pinned: [{ name: 'orders' }],
    clock,
    random: seededRandom(1),
  });
  table.get('orders')?.apply({ origin: 'consul', endpoints: [endpoint('a'), endpoint('b')] });
  tables.push(table);
  return table;
}

it('shows in one table what the others do, and what those that have ended did', () => {
  const clock = new FakeClock();
  const [shown, one, two] = [process(clock), process(clock), process(clock)];
  const sum = new LoadSum();
  const refresh = () => {
    for (const [index, table] of [one, two].entries()) sum.set(index, structuredClone(table.list().map(loadOf)));
    sum.showIn(shown);
  };
  const leases = [one.get('orders')?.acquire(), one.get('orders')?.acquire(), two.get('orders')?.acquire()];
  leases[0]?.settle({ kind: 'responded', status: 200 });
  refresh();
  const upstream = shown.get('orders');
  if (upstream === undefined) throw new Error('it is pinned');
  const now = described(upstream);
  expect(now).toMatchObject({ inFlight: 2, totals: { responded: 1, failed: 0, cancelled: 0, limited: 0 } });
  expect(now.members.reduce((total, { requests }) => total + requests, 0)).toBe(3);

  sum.forget(0);
  sum.showIn(shown);
  const later = described(upstream);
  expect(later).toMatchObject({ inFlight: 1, totals: { responded: 1 } });
  expect(later.members.reduce((total, { requests }) => total + requests, 0)).toBe(3);
});

it('shows an endpoint as ejected that one of them ejected, until it is back there', async () => {
  const clock = new FakeClock();
  const [shown, one] = [process(clock), process(clock)];
  const sum = new LoadSum();
  const upstream = shown.get('orders');
  if (upstream === undefined) throw new Error('it is pinned');
  const lease = one.get('orders')?.acquire();
  lease?.settle({ kind: 'responded', status: 503 });
  sum.set(0, structuredClone(one.list().map(loadOf)));
  sum.showIn(shown);
  const ejected = explain(upstream).endpoints.filter(({ isUsed }) => !isUsed);
  expect(ejected.map(({ reasons }) => reasons)).toMatchObject([[{ kind: 'ejected', returnsInMs: 30_000 }]]);

  await clock.advance(31_000);
  sum.set(0, structuredClone(one.list().map(loadOf)));
  sum.showIn(shown);
  expect(explain(upstream).endpoints.map(({ isUsed }) => isUsed)).toEqual([true, true]);
});
