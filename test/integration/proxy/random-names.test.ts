import { expect, test } from 'vitest';
import { type BoundRecorder, type Recorder, silentRecorder } from '../../../src/proxy/recorder.ts';
import { seededRandom } from '../../../src/runtime/random.ts';
import { RawClient } from '../../support/raw-client.ts';
import { expectNextClean, expectOwnAnswer } from '../../support/raw-expectations.ts';
import { heldBytes } from '../../support/raw-memory.ts';
import { startRegistryProxy } from '../../support/raw-registry.ts';
import { RecordingOrigin } from '../../support/recording-origin.ts';

/** `PILOTFISH_FULL=1`: the 100,000 names of the contract. */
const NAMES = process.env.PILOTFISH_FULL === '1' ? 100_000 : 20_000;
const BATCH = 50;
const MAX_UNKNOWN = 1024;
const GROWTH_BOUND_BYTES = 20 * 2 ** 20;

/** Remembers which upstreams were given series of their own. */
class CountingRecorder implements Recorder {
  readonly labels = new Set<string>();

  bind(upstream: Parameters<Recorder['bind']>[0]): BoundRecorder {
    if (upstream !== undefined) this.labels.add(upstream.key);
    return silentRecorder.bind(upstream);
  }
}

test(`${NAMES} random service names: all answered; a service in use is not pushed out; watches, series and memory stay bounded`, async () => {
  const recorder = new CountingRecorder();
  await using origin = await RecordingOrigin.start();
  const registry = await startRegistryProxy({ svc: [{ host: '127.0.0.1', port: origin.port }] }, recorder);
  try {
    await using client = await RawClient.connect(registry);
    const random = seededRandom(21);
    const ask = async (count: number): Promise<void> => {
      for (let asked = 0; asked < count; asked += BATCH) {
        const names = Array.from({ length: BATCH }, () => `n${Math.floor(random() * 2 ** 52).toString(36)}`);
        await client.write(names.map((name) => `GET /${name}/x HTTP/1.1\r\nHost: localhost\r\n\r\n`).join(''));
        for (const _ of names) {
          // 503 where so many names are asked about at once that the catalog is spared.
          const answer = await client.read();
          const isSpared = answer.status === 503;
          expectOwnAnswer(answer, isSpared ? 503 : 404, isSpared ? 'destination_unavailable' : 'destination_not_found');
        }
      }
    };
    await expectNextClean(client, origin, 0);
    await ask(NAMES / 2);
    const before = heldBytes();
    await ask(NAMES);
    expect(heldBytes() - before).toBeLessThan(GROWTH_BOUND_BYTES);
    expect(registry.upstreams.list().map(({ key }) => key)).toEqual(['svc']);
    expect(registry.upstreams.unknownCount).toBeLessThanOrEqual(MAX_UNKNOWN);
    expect([...recorder.labels], 'series for names that a caller made up').toEqual(['svc']);
    expect(Math.max(...registry.asked.values()), 'times that the catalog was asked about one name').toBe(1);
    await origin.forget();
    await expectNextClean(client, origin, 0);
  } finally {
    await registry.close();
  }
});

test('a name that does not exist is asked about once a second at most, however often it is called', async () => {
  const registry = await startRegistryProxy({});
  try {
    await using client = await RawClient.connect(registry);
    const start = performance.now();
    for (let asked = 0; asked < 500; asked++) {
      const answer = await client.ask('GET /nobody/x HTTP/1.1\r\nHost: localhost\r\n\r\n');
      expectOwnAnswer(answer, 404, 'destination_not_found');
    }
    const seconds = (performance.now() - start) / 1000;
    expect(registry.asked.get('nobody')).toBeLessThanOrEqual(1 + Math.floor(seconds));
  } finally {
    await registry.close();
  }
});
