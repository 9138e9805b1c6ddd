import { describe, expect, test } from 'vitest';
import { pilotfishMetrics } from '../../../src/telemetry/pilotfish-metrics.ts';
import { ProcessMetrics } from '../../../src/telemetry/process-metrics.ts';
import { prometheusText } from '../../../src/telemetry/prometheus-text.ts';
import { Registry } from '../../../src/telemetry/registry.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function scrape(registry: Registry): Map<string, number> {
  const lines = prometheusText(registry, { format: 'prometheus', resource: new Map() }).split('\n');
  const samples = lines.filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

describe('process metrics', () => {
  test('are read when somebody scrapes, and no more once disposed', () => {
    const registry = new Registry();
    const metrics = pilotfishMetrics(registry);
    const own = new ProcessMetrics({ registry, metrics, clock: new FakeClock(), version: '1.2.3' });
    const first = scrape(registry);
    expect(first.get('process_resident_memory_bytes')).toBeGreaterThan(10e6);
    expect(first.get('process_cpu_seconds_total')).toBeGreaterThan(0);
    expect(first.get('v8js_memory_heap_used_bytes')).toBeGreaterThan(1e6);
    expect(first.get('process_start_time_seconds')).toBeGreaterThan(1.6e9);
    expect(first.get(`pilotfish_build_info{version="1.2.3",node="${process.versions.node}"}`)).toBe(1);
    expect(first.get('pilotfish_event_loop_delay_seconds{statistic="p99"}')).toBeGreaterThanOrEqual(0);
    const untilMs = performance.now() + 20;
    while (performance.now() < untilMs) Math.random();
    const second = scrape(registry);
    const cpu = 'process_cpu_seconds_total';
    expect(second.get(cpu)).toBeGreaterThan(first.get(cpu) ?? 0);
    own[Symbol.dispose]();
    expect(scrape(registry).get(cpu)).toBe(second.get(cpu));
  });

  test('count what keeps the loop busy, and stop counting what has ended', () => {
    const registry = new Registry();
    const metrics = pilotfishMetrics(registry);
    using _own = new ProcessMetrics({ registry, metrics, clock: new FakeClock(), version: '1' });
    const resources = 'pilotfish_node_resources{type="Timeout"}';
    const timer = setTimeout(() => undefined, 1e6);
    const during = scrape(registry).get(resources) ?? 0;
    clearTimeout(timer);
    expect(during).toBeGreaterThanOrEqual(1);
    expect(scrape(registry).get(resources)).toBe(during - 1);
  });
});
