import { copyFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DiscoveryEvent } from '../../../src/discovery/discovery-event.ts';
import { LastGoodStore } from '../../../src/discovery/last-good-store.ts';
import type { Endpoint } from '../../../src/upstream/endpoint.ts';
import { endpointNo, endpointsTo } from '../../support/discovery-endpoint.ts';
import { until } from '../../support/discovery-source.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';

const DAY_MS = 86_400_000;
const query = { service: 'orders' };
const rich = endpointNo(1, {
  tags: ['v1', 'a b'],
  meta: new Map([['zone', 'a']]),
  weight: 7,
  health: 'warning',
  checks: [{ id: 'c', name: 'check', status: 'warning', output: 'password=hunter2' }],
});

describe('the view on disk', () => {
  let directory: string;
  let clock: FakeClock;
  let events: DiscoveryEvent[];

  beforeEach(async () => {
    directory = join(await mkdtemp(join(tmpdir(), 'pilotfish-store-')), 'made', 'here');
    clock = new FakeClock();
    events = [];
  });

  afterEach(() => rm(join(directory, '..', '..'), { recursive: true, force: true }));

  const open = (maxAgeMs = DAY_MS) =>
    new LastGoodStore({ directory, maxAgeMs, clock, onEvent: (event) => events.push(event) });
  const consulSet = (endpoints: readonly Endpoint[]) => ({ origin: 'consul', endpoints }) as const;
  const files = async () => (await readdir(directory).catch(() => [])).map((name) => join(directory, name));

  /** Lets the store write what it has, by ending it. */
  const written = async (store: LastGoodStore, remember: () => void) => {
    const abort = new AbortController();
    const running = store.run(abort.signal);
    remember();
    abort.abort();
    await running;
  };
  const write = (endpoints: readonly Endpoint[], store = open()) =>
    written(store, () => store.remember(query, consulSet(endpoints)));

  it('is the one that was remembered, but for the outputs of checks', async () => {
    await write([rich, endpointNo(2)]);
    const checks = rich.checks.map((check) => ({ ...check, output: '' }));
    expect(await open().read(query)).toEqual({
      origin: 'snapshot',
      ageMs: 0,
      endpoints: [{ ...rich, checks }, endpointNo(2)],
    });
    const [file] = await files();
    expect(await readFile(file ?? '', 'utf8')).not.toContain('hunter2');
    expect((await stat(file ?? '')).mode & 0o777).toBe(0o600);
  });

  it('is apart for each tag and datacenter', async () => {
    await write(endpointsTo(1));
    expect(await open().read({ service: 'orders', tag: 'v2' })).toBeUndefined();
    expect(await open().read({ service: 'orders', datacenter: 'dc2' })).toBeUndefined();
    expect(await open().read({ service: '../orders' })).toBeUndefined();
  });

  it('is not taken from a file of another service, whatever the file is called', async () => {
    await write(endpointsTo(1));
    const [orders = ''] = await files();
    const payments = { service: 'payments' };
    const store = open();
    await written(store, () => store.remember(payments, consulSet(endpointsTo(2))));
    const other = (await files()).find((file) => file !== orders) ?? '';
    await copyFile(orders, other);
    expect(await open().read(payments)).toBeUndefined();
    expect((await open().read(query))?.endpoints).toHaveLength(1);
  });

  it('has its age, and is not used beyond the limit', async () => {
    await write(endpointsTo(1));
    await clock.advance(3_600_000);
    expect((await open().read(query))?.ageMs).toBe(3_600_000);
    await clock.advance(DAY_MS);
    expect(await open().read(query)).toBeUndefined();
    expect(events).toEqual([]);
  });

  it('is as good as new when the wall clock was set back', async () => {
    await write(endpointsTo(1));
    clock = new FakeClock(1);
    expect((await open().read(query))?.ageMs).toBe(0);
  });

  it('stays young while the catalog confirms it, without a write each time', async () => {
    const store = open();
    const abort = new AbortController();
    const running = store.run(abort.signal);
    // Two upstreams may be one service; that one of them ends changes nothing.
    store.watched(query);
    store.watched(query);
    store.remember(query, consulSet(endpointsTo(1)));
    await clock.advance(2000);
    await until(async () => (await open().read(query)) !== undefined, 'written');
    store.release(query);
    const [file = ''] = await files();
    const first = (await stat(file)).mtimeMs;
    await clock.advance(60_000);
    store.confirm(query);
    await clock.advance(2000);
    expect((await stat(file)).mtimeMs).toBe(first);
    await clock.advance(300_000);
    store.confirm(query);
    await clock.advance(2000);
    await until(async () => (await open().read(query))?.ageMs === 2000, 'renewed');
    store.release(query);
    await clock.advance(300_000);
    store.confirm(query);
    await clock.advance(2000);
    expect((await open().read(query))?.ageMs).toBe(304_000);
    abort.abort();
    await running;
  });

  it('is written once for many changes in a row', async () => {
    const store = open();
    const abort = new AbortController();
    const running = store.run(abort.signal);
    for (let count = 1; count <= 50; count++) store.remember(query, consulSet(endpointsTo(count)));
    await settle();
    expect(await files()).toEqual([]);
    await clock.advance(2000);
    await until(async () => (await open().read(query))?.endpoints.length === 50, 'the last one');
    abort.abort();
    await running;
    expect(await files()).toHaveLength(1);
  });

  it.each<[string, (text: string) => string]>([
    ['cut short', (text) => text.slice(0, -20)],
    ['cut after its header', (text) => text.slice(0, text.indexOf('\n') + 1)],
    ['empty', () => ''],
    ['changed by one digit', (text) => text.replace('10.0.0.1', '10.0.0.2')],
    ['with a changed time', (text) => text.replace(/"confirmedAtWallMs":\d/, '"confirmedAtWallMs":9')],
    ['of another format', (text) => text.replace('"format":1', '"format":2')],
    ['no JSON', () => 'hello\nworld\n'],
  ])('%s is ignored, with one warning that names the file', async (_how, damage) => {
    await write(endpointsTo(2));
    const [file = ''] = await files();
    await writeFile(file, damage(await readFile(file, 'utf8')));
    expect(await open().read(query)).toBeUndefined();
    expect(events).toEqual([
      { kind: 'snapshot_unusable', error: expect.objectContaining({ message: expect.stringContaining(file) }) },
    ]);
  });

  it('that cannot be written costs one warning, however often, and leaves nothing behind', async () => {
    await writeFile(join(directory, '..', '..', 'made'), 'a file where a directory is to be');
    const store = open();
    for (let turn = 0; turn < 3; turn++) await write(endpointsTo(turn + 1), store);
    expect(events.map(({ kind }) => kind)).toEqual(['snapshot_unusable']);
    await rm(join(directory, '..', '..', 'made'));
    await write(endpointsTo(3), store);
    expect((await open().read(query))?.endpoints).toHaveLength(3);
    expect(await files()).toHaveLength(1);
  });

  it('keeps its old content until the new one is whole', async () => {
    await write(endpointsTo(2));
    const [file = ''] = await files();
    await writeFile(`${file}.1.tmp`, 'half of a snaps');
    expect((await open().read(query))?.endpoints).toHaveLength(2);
  });

  it('may be empty, and may hold thousands', async () => {
    await write([]);
    expect((await open().read(query))?.endpoints).toEqual([]);
    await write(endpointsTo(5000));
    expect((await open().read(query))?.endpoints).toHaveLength(5000);
  });
});
