import { expect, it } from 'vitest';
import { type PilotfishMetrics, pilotfishMetrics } from '../../../src/telemetry/pilotfish-metrics.ts';
import { prometheusText } from '../../../src/telemetry/prometheus-text.ts';
import { Registry } from '../../../src/telemetry/registry.ts';
import { RegistryReader } from '../../../src/telemetry/registry-reading.ts';
import { RegistrySum } from '../../../src/telemetry/registry-sum.ts';

function process(): { registry: Registry; metrics: PilotfishMetrics; reader: RegistryReader } {
  const registry = new Registry();
  return { registry, metrics: pilotfishMetrics(registry), reader: new RegistryReader(registry) };
}

/** A primary with two workers; `read` takes a reading of each, as another process would get it. */
function primaryWithTwo() {
  const [primary, ...workers] = [process(), process(), process()];
  const sum = new RegistrySum(primary.metrics);
  primary.registry.onCollect(() => sum.collect());
  const read = () => {
    for (const [index, { reader }] of workers.entries()) sum.add(index, structuredClone(reader.read()));
    return prometheusText(primary.registry, { format: 'prometheus', resource: new Map() });
  };
  return { primary, workers: workers as [typeof primary, typeof primary], sum, read };
}

it('adds counters and histograms up, each gain once', () => {
  const { workers, read } = primaryWithTwo();
  const labels = workers[0].metrics.serverDuration.definition.labels.map((label) => `some ${label}`);
  for (const [index, { metrics }] of workers.entries()) {
    metrics.logLines.bind('written').observe(10 + index);
    metrics.serverDuration.bind(...labels).record(0.02);
  }
  read();
  workers[1].metrics.logLines.bind('written').add(1);
  const text = read();
  expect(text).toContain('log_lines_total{outcome="written"} 22\n');
  expect(text).toMatch(/^http_server_request_duration_seconds_count\{.*\} 2$/m);
  expect(text).toMatch(/^http_server_request_duration_seconds_bucket\{.*le="0.01"\} 0$/m);
  expect(text).toMatch(/^http_server_request_duration_seconds_bucket\{.*le="0.025"\} 2$/m);
});

it('counts what the primary itself observes besides', () => {
  const { primary, workers, read } = primaryWithTwo();
  primary.metrics.cpuTime.bind().observe(1);
  workers[0].metrics.cpuTime.bind().observe(5);
  read();
  primary.metrics.cpuTime.bind().observe(2);
  expect(read()).toContain('process_cpu_seconds_total 7\n');
});

it('keeps the counts of a process that has ended, and forgets its gauges', () => {
  const { primary, workers, sum, read } = primaryWithTwo();
  workers[0].metrics.ejections.bind('orders', 'success-rate').add(3);
  workers[0].metrics.serverConnections.bind().set(4);
  workers[1].metrics.serverConnections.bind().set(5);
  expect(read()).toContain('pilotfish_proxy_connections 9\n');
  sum.forget(0);
  const text = prometheusText(primary.registry, { format: 'prometheus', resource: new Map() });
  expect(text).toContain('pilotfish_proxy_connections 5\n');
  expect(text).toMatch(/^pilotfish_ejections_total\{.*\} 3$/m);
});

it('shows the greatest of what cannot be added, and drops what no process has any more', () => {
  const { primary, workers, read } = primaryWithTwo();
  workers[0].metrics.panic.bind('orders').set(0);
  workers[1].metrics.panic.bind('orders').set(1);
  expect(read()).toContain('pilotfish_upstream_panic{upstream="orders"} 1\n');
  workers[1].metrics.panic.bind('orders').set(0);
  expect(read()).toContain('pilotfish_upstream_panic{upstream="orders"} 0\n');
  for (const { registry } of workers) registry.forget('upstream', 'orders');
  expect(read()).not.toContain('orders');
  expect(primary.metrics.panic.size).toBe(0);
});

it('adds the primary’s own gauge, as often as that is set anew', () => {
  const { primary, workers, read } = primaryWithTwo();
  primary.metrics.heapUsed.bind().set(100);
  workers[0].metrics.heapUsed.bind().set(10);
  expect(read()).toContain('v8js_memory_heap_used_bytes 110\n');
  expect(read()).toContain('v8js_memory_heap_used_bytes 110\n');
  primary.metrics.heapUsed.bind().set(200);
  expect(read()).toContain('v8js_memory_heap_used_bytes 210\n');
});

it('leaves alone what is the primary’s to say', () => {
  const { primary, workers, read } = primaryWithTwo();
  primary.metrics.registered.bind().set(1);
  workers[0].metrics.registered.bind().set(0);
  expect(read()).toContain('pilotfish_registration_registered 1\n');
});
