import { describe, expect, it } from 'vitest';
import type { DiscoveryEvent } from '../../../src/discovery/discovery-event.ts';
import { RecordedSource } from '../../../src/discovery/recorded-source.ts';
import { RememberedSource } from '../../../src/discovery/remembered-source.ts';
import { CodedError } from '../../../src/runtime/coded-error.ts';
import type { EndpointSet } from '../../../src/upstream/endpoint-source.ts';
import { endpointsTo } from '../../support/discovery-endpoint.ts';
import { consume, ScriptedSource } from '../../support/discovery-source.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';

const down = new CodedError('down', { code: 'consul_unreachable', side: 'internal', retryable: true });
const onDisk: EndpointSet = { origin: 'snapshot', endpoints: endpointsTo(3), ageMs: 60_000 };

function arrange(stored: EndpointSet | undefined | Promise<EndpointSet>) {
  const clock = new FakeClock();
  const catalog = new ScriptedSource();
  const events: DiscoveryEvent[] = [];
  let reads = 0;
  const store = {
    read: async () => {
      reads += 1;
      return await stored;
    },
  };
  const seen = consume(new RememberedSource({ source: catalog, store, clock, onEvent: (event) => events.push(event) }));
  return { clock, catalog, events, seen, reads: () => reads };
}

describe('a start while the catalog is down', () => {
  it('uses the view from disk at the first failure, before it tells the failure', async () => {
    const { catalog, seen, events } = arrange(onDisk);
    await settle();
    catalog.fail(down);
    await settle();
    expect(seen.sets).toEqual([onDisk]);
    expect(seen.failures).toEqual([down]);
    expect(seen.order).toEqual(['set', 'failed']);
    expect(events).toEqual([{ kind: 'snapshot_used', query: { service: 'app' }, ageMs: 60_000 }]);
    await seen.stop();
  });

  it('tells no failure before the view, also when the disk is slow', async () => {
    const slow = Promise.withResolvers<EndpointSet>();
    const { catalog, seen } = arrange(slow.promise);
    await settle();
    catalog.fail(down);
    await settle();
    catalog.fail(down);
    await settle();
    expect(seen.order).toEqual([]);
    slow.resolve(onDisk);
    await settle();
    catalog.fail(down);
    expect(seen.order).toEqual(['set', 'failed', 'failed', 'failed']);
    await seen.stop();
  });

  it('drops the view from disk when the catalog answers while it is read', async () => {
    const slow = Promise.withResolvers<EndpointSet>();
    const { catalog, seen, events } = arrange(slow.promise);
    await settle();
    catalog.fail(down);
    await settle();
    catalog.answer(endpointsTo(2));
    await settle();
    slow.resolve(onDisk);
    await settle();
    expect(seen.sets.map(({ origin }) => origin)).toEqual(['consul']);
    expect(events).toEqual([]);
    await seen.stop();
  });

  it('uses it after a second when the catalog hangs', async () => {
    const { clock, seen } = arrange(onDisk);
    await clock.advance(999);
    expect(seen.sets).toEqual([]);
    await clock.advance(1);
    expect(seen.sets).toEqual([onDisk]);
    await seen.stop();
    expect(clock.pending).toBe(0);
  });

  it('takes the catalog’s view as soon as there is one', async () => {
    const { catalog, seen } = arrange(onDisk);
    await settle();
    catalog.fail(down);
    await settle();
    catalog.answer(endpointsTo(2));
    await settle();
    expect(seen.sets.map(({ origin }) => origin)).toEqual(['snapshot', 'consul']);
    await seen.stop();
  });

  it('reads the disk once, however often the catalog fails', async () => {
    const { clock, catalog, seen, reads } = arrange(undefined);
    await settle();
    for (let turn = 0; turn < 5; turn++) catalog.fail(down);
    await clock.advance(5000);
    expect(reads()).toBe(1);
    expect(seen.failures).toHaveLength(5);
    expect(seen.sets).toEqual([]);
    await seen.stop();
  });
});

it('a start while the catalog answers never looks at the disk', async () => {
  const { clock, catalog, seen, reads } = arrange(onDisk);
  await settle();
  catalog.answer(endpointsTo(1));
  await settle();
  catalog.fail(down);
  await clock.advance(5000);
  expect(reads()).toBe(0);
  expect(seen.sets).toHaveLength(1);
  await seen.stop();
});

it('what comes from the catalog is recorded, and nothing else', async () => {
  const { clock, catalog, seen: _seen } = arrange(undefined);
  await _seen.stop();
  const notes: string[] = [];
  const recorded = new RecordedSource({
    source: new RememberedSource({ source: catalog, store: { read: async () => onDisk }, clock, onEvent: () => {} }),
    store: {
      remember: (_query, { endpoints }) => notes.push(`remember ${endpoints.length}`),
      confirm: () => notes.push('confirm'),
      watched: () => notes.push('watched'),
      release: () => notes.push('release'),
    },
  });
  const seen = consume(recorded);
  await settle();
  catalog.fail(down);
  await settle();
  catalog.answer(endpointsTo(2));
  await settle();
  await seen.stop();
  expect(notes).toEqual(['watched', 'remember 2', 'confirm', 'release']);
});
