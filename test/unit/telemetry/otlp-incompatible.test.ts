import { type TracerProvider, trace } from '@opentelemetry/api';
import { expect, test, vi } from 'vitest';
import { startOtlpExport } from '../../../src/telemetry/otlp-export.ts';
import { pilotfishMetrics } from '../../../src/telemetry/pilotfish-metrics.ts';
import { Registry } from '../../../src/telemetry/registry.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const sdk = vi.hoisted(() => ({ started: 0, ended: 0, keepsReaders: false }));

/** An SDK of another version, which keeps its readers, or its span processors, elsewhere. */
vi.mock('@opentelemetry/sdk-node', () => ({
  NodeSDK: class {
    readonly _meterProviderConfig: object = sdk.keepsReaders ? { readers: [] } : {};
    start(): void {
      sdk.started += 1;
      trace.setGlobalTracerProvider({
        getTracer: () => ({ startSpan: () => ({ resource: {}, instrumentationScope: {} }) }),
      } as unknown as TracerProvider);
    }
    async shutdown(): Promise<void> {
      sdk.ended += 1;
    }
  },
}));

function starting(): Promise<unknown> {
  const registry = new Registry();
  return startOtlpExport({
    signals: { traces: true, metrics: true },
    registry,
    metrics: pilotfishMetrics(registry),
    resource: new Map(),
    version: '1',
    clock: new FakeClock(),
    env: {},
    onProblem: () => undefined,
  });
}

test('an SDK that keeps its metric readers elsewhere is refused with the remedy, before it is started', async () => {
  await expect(starting()).rejects.toMatchObject({
    code: 'otlp_incompatible',
    side: 'internal',
    message: expect.stringContaining('OTEL_METRICS_EXPORTER=none'),
  });
  expect(sdk.started).toBe(0);
});

test('an SDK that keeps its span processors elsewhere is refused with the remedy, and ended', async () => {
  sdk.keepsReaders = true;
  await expect(starting()).rejects.toMatchObject({
    code: 'otlp_incompatible',
    message: expect.stringContaining('OTEL_TRACES_EXPORTER=none'),
  });
  expect(sdk).toMatchObject({ started: 1, ended: 1 });
});
