import { expect, test, vi } from 'vitest';
import { startOtlpExport } from '../../../src/telemetry/otlp-export.ts';
import { pilotfishMetrics } from '../../../src/telemetry/pilotfish-metrics.ts';
import { Registry } from '../../../src/telemetry/registry.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const started = vi.hoisted(() => ({ count: 0 }));

/** An SDK of another version, which keeps its readers elsewhere. */
vi.mock('@opentelemetry/sdk-node', () => ({
  NodeSDK: class {
    start(): void {
      started.count += 1;
    }
  },
}));

test('an SDK that keeps its metric readers elsewhere is refused with the remedy, before it is started', async () => {
  const registry = new Registry();
  const starting = startOtlpExport({
    signals: { traces: true, metrics: true },
    registry,
    metrics: pilotfishMetrics(registry),
    resource: new Map(),
    version: '1',
    clock: new FakeClock(),
    env: {},
    onProblem: () => undefined,
  });
  await expect(starting).rejects.toMatchObject({
    code: 'otlp_incompatible',
    side: 'internal',
    message: expect.stringContaining('OTEL_METRICS_EXPORTER=none'),
  });
  expect(started.count).toBe(0);
});
