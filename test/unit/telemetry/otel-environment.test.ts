import { describe, expect, test } from 'vitest';
import {
  b3FromEnvironment,
  otlpSignals,
  samplerFromEnvironment,
  spanQueueSettings,
} from '../../../src/telemetry/otel-environment.ts';
import { resourceAttributes } from '../../../src/telemetry/resource.ts';

const url = 'http://collector:4318';

describe('what the environment asks to send', () => {
  test.each([
    [{}, false, false],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: url }, true, true],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }, false, false],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, true, true],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url }, true, false],
    [{ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: url }, false, true],
    [{ OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: url }, false, false],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_METRICS_EXPORTER: 'none' }, true, false],
    [{ OTEL_TRACES_EXPORTER: 'console' }, true, false],
    [{ OTEL_METRICS_EXPORTER: 'otlp' }, false, true],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_SDK_DISABLED: 'true' }, false, false],
    [{ OTEL_SERVICE_NAME: 'orders' }, false, false],
  ])('%j: traces %j, metrics %j', (env, traces, metrics) => {
    expect(otlpSignals(env)).toEqual({ traces, metrics });
  });

  test.each([
    [undefined, undefined, undefined],
    ['nonsense', undefined, undefined],
    ['always_on', undefined, { ratio: 1, parentBased: false }],
    ['always_off', '1', { ratio: 0, parentBased: false }],
    ['traceidratio', '0.25', { ratio: 0.25, parentBased: false }],
    ['traceidratio', undefined, { ratio: 1, parentBased: false }],
    ['parentbased_traceidratio', '7', { ratio: 1, parentBased: true }],
    ['parentbased_traceidratio', '0', { ratio: 0, parentBased: true }],
    ['PARENTBASED_ALWAYS_ON', undefined, { ratio: 1, parentBased: true }],
    ['parentbased_always_off', undefined, { ratio: 0, parentBased: true }],
  ])('the sampler %j with %j is %j', (sampler, argument, expected) => {
    expect(samplerFromEnvironment({ OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: argument })).toEqual(
      expected,
    );
  });

  test.each([
    [undefined, undefined],
    ['tracecontext,baggage', undefined],
    ['tracecontext, b3', 'single'],
    ['b3multi', 'multi'],
  ])('the propagators %j add B3 as %j', (propagators, form) => {
    expect(b3FromEnvironment({ OTEL_PROPAGATORS: propagators })).toBe(form);
  });

  test('the batching of spans follows OTEL_BSP_…, and nonsense does not', () => {
    expect(spanQueueSettings({})).toEqual({ maxQueued: 2048, maxBatch: 511, delayMs: 5000, exportTimeoutMs: 30_000 });
    expect(spanQueueSettings({ OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '512' }).maxBatch).toBe(511);
    expect(
      spanQueueSettings({
        OTEL_BSP_MAX_QUEUE_SIZE: '100',
        OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '500',
        OTEL_BSP_SCHEDULE_DELAY: '-1',
        OTEL_BSP_EXPORT_TIMEOUT: 'soon',
      }),
    ).toEqual({ maxQueued: 100, maxBatch: 99, delayMs: 5000, exportTimeoutMs: 30_000 });
  });
});

describe('the resource', () => {
  const own = { serviceName: 'orders', version: '1.2.3', instanceId: 'i-1' };

  test('names service, version and instance', () => {
    expect([...resourceAttributes({ ...own, env: {} })]).toEqual([
      ['service.name', 'orders'],
      ['service.version', '1.2.3'],
      ['service.instance.id', 'i-1'],
    ]);
  });

  test('takes what the environment adds, percent-decoded; OTEL_SERVICE_NAME wins', () => {
    const env = {
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=prod%20eu, service.name=a ,service.version=9',
      OTEL_SERVICE_NAME: 'b',
    };
    expect(Object.fromEntries(resourceAttributes({ ...own, env }))).toEqual({
      'service.name': 'b',
      'service.version': '9',
      'service.instance.id': 'i-1',
      'deployment.environment.name': 'prod eu',
    });
  });

  test.each(['a=b,c', 'a=%zz', '=b'])('ignores all of a malformed list: %j', (text) => {
    expect(resourceAttributes({ ...own, env: { OTEL_RESOURCE_ATTRIBUTES: text } }).size).toBe(3);
  });
});
