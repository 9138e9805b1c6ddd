import type * as Api from '@opentelemetry/api';
import type { NodeSDK, NodeSDKConfiguration } from '@opentelemetry/sdk-node';
import type { Clock } from '../runtime/clock.ts';
import { CodedError } from '../runtime/coded-error.ts';
import { type Environment, type OtlpSignals, spanQueueSettings } from './otel-environment.ts';
import { type MetricProducer, type MetricReader, RegistryMetrics } from './otlp-metrics.ts';
import { OutgoingSpan, SCOPE_NAME, type SpanCommons, spanCommons } from './otlp-spans.ts';
import type { PilotfishMetrics } from './pilotfish-metrics.ts';
import type { Registry } from './registry.ts';
import { SpanQueue } from './span-queue.ts';
import type { SpanRecord, SpanSink } from './span-record.ts';

/** What {@link startOtlpExport} needs. */
export interface OtlpExportOptions {
  readonly signals: OtlpSignals;
  readonly registry: Registry;
  readonly metrics: PilotfishMetrics;
  readonly resource: ReadonlyMap<string, string>;
  readonly version: string;
  readonly clock: Clock;
  readonly env: Environment;
  /** Hears what the SDK complains about, such as a collector that does not answer. */
  readonly onProblem: (message: string) => void;
}

/** The way out by OTLP, while it is open. */
export interface OtlpExport {
  /** Takes finished spans; undefined when traces are not asked for. */
  readonly sink: SpanSink | undefined;
  /**
   * Sends what waits and ends; gives up after `timeoutMs`. Never rejects; a later call waits for the first. The SDK may
   * keep a timer for as long as an export may take, so the process is left with `process.exit`.
   */
  close(timeoutMs: number): Promise<void>;
}

/** OpenTelemetry's `SamplingDecision.RECORD_AND_SAMPLED`. */
const RECORD_AND_SAMPLED = 2;
/** Longer than an exporter tries by itself (10 s by default), so that its own verdict is the one that counts. */
const FLUSH_MARGIN_MS = 1000;

/**
 * Loads the OpenTelemetry SDK (about 280 ms and 47 MB: only called when asked for) and connects it: spans are
 * handed to its processors in batches, and its metric readers read our registry. Endpoints, headers, protocols, intervals and limits are
 * the SDK's own `OTEL_…` variables.
 * @throws CodedError `otlp_incompatible` when the SDK is not the version that this was written for
 */
export async function startOtlpExport(options: OtlpExportOptions): Promise<OtlpExport> {
  const [{ NodeSDK }, api] = await Promise.all([import('@opentelemetry/sdk-node'), import('@opentelemetry/api')]);
  const sdk = new NodeSDK(configuration(options, api));
  const report = (message: string) => options.onProblem(message);
  const silent = () => undefined;
  api.diag.setLogger(
    { error: report, warn: report, info: silent, debug: silent, verbose: silent },
    { logLevel: api.DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  if (options.signals.metrics) attachRegistry(sdk, options);
  sdk.start();
  let queue: SpanQueue | undefined;
  try {
    queue = options.signals.traces ? spanQueue(options, api) : undefined;
  } catch (error) {
    await endWithin(options.clock, FLUSH_MARGIN_MS, sdk.shutdown());
    throw error;
  }
  const close = async (timeoutMs: number): Promise<void> => {
    const untilMs = options.clock.nowMs() + timeoutMs;
    await queue?.close(timeoutMs);
    await endWithin(options.clock, Math.max(1, untilMs - options.clock.nowMs()), sdk.shutdown());
    for (const global of [api.trace, api.metrics, api.logs, api.context, api.propagation, api.diag]) global.disable();
  };
  let closing: Promise<void> | undefined;
  return {
    sink: queue === undefined ? undefined : (span) => queue.push(span),
    close: (timeoutMs) => {
      closing ??= close(timeoutMs);
      return closing;
    },
  };
}

function configuration({ signals, resource }: OtlpExportOptions, api: typeof Api): Partial<NodeSDKConfiguration> {
  return {
    // TraceDecider has decided; the SDK's sampler is only asked about the span that shows what spans are like.
    sampler: { shouldSample: () => ({ decision: RECORD_AND_SAMPLED }), toString: () => 'decided' },
    contextManager: noContext(api),
    resourceDetectors: [{ detect: () => ({ attributes: Object.fromEntries(resource) }) }],
    logRecordProcessors: [],
    ...(signals.traces ? {} : { spanProcessors: [] }),
    ...(signals.metrics ? {} : { metricReaders: [] }),
  };
}

/** Nothing here follows an active context, so none is kept: the SDK's own would put async hooks on every request. */
function noContext(api: typeof Api): Api.ContextManager {
  const manager: Api.ContextManager = {
    active: () => api.ROOT_CONTEXT,
    with: (_context, callback, thisArgument, ...values) => callback.call(thisArgument as never, ...values),
    bind: (_context, target) => target,
    enable: () => manager,
    disable: () => manager,
  };
  return manager;
}

/**
 * Adds the registry to what the SDK's readers read. Readers made from the environment take further producers only in
 * their constructor, which the SDK keeps to itself; so the producer that the SDK will hand them is wrapped.
 */
function attachRegistry(sdk: NodeSDK, options: OtlpExportOptions): void {
  const { _meterProviderConfig: config } = sdk as unknown as {
    readonly _meterProviderConfig?: { readonly readers?: readonly MetricReader[] };
  };
  if (config?.readers === undefined) {
    throw incompatible('its metric readers', 'OTEL_METRICS_EXPORTER=none');
  }
  for (const reader of config.readers) {
    const source = new RegistryMetrics({
      registry: options.registry,
      version: options.version,
      wallMs: () => options.clock.wallMs(),
      temporalityOf: (instrument) => reader.selectAggregationTemporality(instrument),
    });
    const bind = reader.setMetricProducer.bind(reader);
    reader.setMetricProducer = (producer) => bind(withRegistry(producer, source));
  }
}

function withRegistry(producer: MetricProducer, source: RegistryMetrics): MetricProducer {
  return {
    async collect(collectOptions) {
      const { resourceMetrics, errors } = await producer.collect(collectOptions);
      const scopeMetrics = [...resourceMetrics.scopeMetrics, source.collect()];
      return { resourceMetrics: { resource: resourceMetrics.resource, scopeMetrics }, errors };
    },
  };
}

function spanQueue({ env, clock, metrics, version, onProblem }: OtlpExportOptions, api: typeof Api): SpanQueue {
  const settings = spanQueueSettings(env);
  const counters = {
    exported: metrics.spans.bind('exported'),
    failed: metrics.spans.bind('failed'),
    dropped: metrics.spans.bind('dropped'),
  };
  const commons = spanCommons(api, api.trace.getTracer(SCOPE_NAME, version));
  const timeoutMillis = settings.exportTimeoutMs + FLUSH_MARGIN_MS;
  return new SpanQueue({
    settings,
    clock,
    send:
      commons === undefined
        ? nowhere
        : tellingOnce(sender(api.trace.getTracerProvider(), commons, timeoutMillis), onProblem),
    onOutcome: (outcome, count) => counters[outcome].add(count),
  });
}

/** What the environment names is no exporter; the SDK has said so. */
function nowhere(): Promise<never> {
  return Promise.reject(new Error('no exporter is set up'));
}

type SendSpans = (batch: readonly SpanRecord[]) => Promise<void>;

/** The SDK's provider of tracers, which the API has behind a proxy, and what it keeps to itself. */
interface TracerProvider {
  readonly _activeSpanProcessor?: { readonly onEnd?: (span: OutgoingSpan) => void };
  readonly forceFlush?: (options: { readonly timeoutMillis: number }) => Promise<void>;
}

/**
 * Sends batches through the processors that the SDK set up by the environment. They take spans that have ended from
 * anyone, but the SDK only tells its own tracers which they are.
 */
function sender(provider: Api.TracerProvider, commons: SpanCommons, timeoutMillis: number): SendSpans {
  const real = (provider as Partial<Api.ProxyTracerProvider>).getDelegate?.() ?? provider;
  const sdkProvider = real as TracerProvider;
  const { _activeSpanProcessor: processors } = sdkProvider;
  if (processors?.onEnd === undefined || sdkProvider.forceFlush === undefined)
    throw incompatible('its span processors', 'OTEL_TRACES_EXPORTER=none');
  return async (batch) => {
    const spans = batch.map((record) => new OutgoingSpan(record, commons));
    for (const span of spans) processors.onEnd?.(span);
    try {
      await sdkProvider.forceFlush?.({ timeoutMillis });
    } finally {
      for (const span of spans) span.forget();
    }
  };
}

/** Tells why spans are lost, once for as long as all batches fail: the SDK does not say so of batches that it is made to send. */
function tellingOnce(send: SendSpans, onProblem: (message: string) => void): SendSpans {
  let isFailing = false;
  return async (batch) => {
    try {
      await send(batch);
      isFailing = false;
    } catch (error) {
      if (!isFailing) onProblem(`spans are lost until the collector takes them again: ${reasonOf(error)}`);
      isFailing = true;
      throw error;
    }
  };
}

/** Errors of the SDK's exporters: their message, what the collector said, or what the socket's error is called. */
function reasonOf(error: unknown): string {
  if (Array.isArray(error)) return error.map(reasonOf).join('; ');
  if (!(error instanceof Error)) return String(error);
  const { code, data } = error as Error & { readonly code?: unknown; readonly data?: unknown };
  const parts = [error.message, code, data].filter((part) => part !== undefined && part !== '').map(String);
  return parts.join(', ') || error.name;
}

function incompatible(what: string, remedy: string): CodedError {
  return new CodedError(
    `the OpenTelemetry SDK keeps ${what} elsewhere than pilotfish expects: install the version that pilotfish pins, or set ${remedy}`,
    { code: 'otlp_incompatible', side: 'internal', retryable: false },
  );
}

async function endWithin(clock: Clock, timeoutMs: number, ending: Promise<void>): Promise<void> {
  const { promise: expired, resolve } = Promise.withResolvers<void>();
  const timer = clock.after(timeoutMs, resolve);
  await Promise.race([ending.catch(() => undefined), expired]);
  timer.cancel();
}
