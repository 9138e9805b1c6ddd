import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { pilotfishMetrics } from '../../../src/telemetry/pilotfish-metrics.ts';
import { ProcessMetrics } from '../../../src/telemetry/process-metrics.ts';
import { Registry } from '../../../src/telemetry/registry.ts';
import { FakeClock } from '../../support/fake-clock.ts';

test('a blocked event loop and garbage collections are seen', async () => {
  const registry = new Registry();
  const metrics = pilotfishMetrics(registry);
  const clock = new FakeClock();
  using _own = new ProcessMetrics({ registry, metrics, clock, version: '1' });
  await wait(100);
  const untilMs = performance.now() + 200;
  let garbage: unknown[] = [];
  while (performance.now() < untilMs || metrics.gcDuration.size === 0) {
    for (let index = 0; index < 1000; index++) garbage.push({ index });
    if (garbage.length > 100_000) {
      garbage = [];
      if (performance.now() >= untilMs) await wait(1);
    }
  }
  await wait(50);
  registry.collect();
  expect(metrics.loopDelay.bind('max').value).toBeGreaterThan(0.1);
  expect(metrics.loopDelay.bind('p50').value).toBeLessThanOrEqual(metrics.loopDelay.bind('max').value);
  const collections = [...metrics.gcDuration.list()].reduce((total, { series }) => total + series.read().count, 0);
  expect(collections).toBeGreaterThan(0);
  const before = metrics.loopDelay.bind('max').value;
  registry.collect();
  expect(metrics.loopDelay.bind('max').value).toBe(before);
  await clock.advance(10_000);
  registry.collect();
  expect(metrics.loopDelay.bind('max').value).not.toBe(before);
});
