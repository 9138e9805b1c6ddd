import {
  type Context,
  type Counter,
  type Histogram,
  metrics,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { NodeSDK, type NodeSDKConfiguration } from '@opentelemetry/sdk-node';
import { durationBuckets } from '../src/telemetry/metric-definition.ts';

type Reader = NonNullable<NodeSDKConfiguration['metricReaders']>[number];
type Producer = Parameters<Reader['setMetricProducer']>[0];

/** A reader that only reads when asked. */
class ManualReader implements Reader {
  #producer: Producer | undefined;
  setMetricProducer(producer: Producer): void {
    this.#producer = producer;
  }
  selectAggregation(): ReturnType<Reader['selectAggregation']> {
    return { type: 0 };
  }
  selectAggregationTemporality(): ReturnType<Reader['selectAggregationTemporality']> {
    return 1;
  }
  selectCardinalityLimit(): number {
    return 2000;
  }
  collect(): ReturnType<Reader['collect']> {
    if (this.#producer === undefined) throw new Error('the SDK was not started');
    return this.#producer.collect();
  }
  async shutdown(): Promise<void> {}
  async forceFlush(): Promise<void> {}
}

const attributes = {
  upstream: 'orders',
  'http.request.method': 'GET',
  'http.response.status_code': 200,
  'url.scheme': 'http',
};

type Carrier = Record<string, string>;
const setter = {
  set: (carrier: Carrier, name: string, value: string) => {
    carrier[name] = value;
  },
};
const getter = {
  get: (carrier: Carrier, name: string) => carrier[name],
  keys: (carrier: Carrier) => Object.keys(carrier),
};

/** The OpenTelemetry SDK used as its documentation says; finished spans and collected metrics go nowhere. */
export class SdkContestant {
  /** Whether spans are sampled; false is what `parentbased_traceidratio` decides for 99 of 100 requests. */
  samples = false;
  /** Spans that ended. */
  spans = 0;
  readonly #reader = new ManualReader();
  readonly #sdk: NodeSDK;
  readonly #counter: Counter;
  readonly #histogram: Histogram;
  readonly #tracer: Tracer;

  constructor() {
    this.#sdk = new NodeSDK({
      metricReaders: [this.#reader],
      logRecordProcessors: [],
      resourceDetectors: [],
      sampler: { shouldSample: () => ({ decision: this.samples ? 2 : 0 }), toString: () => 'bench' },
      spanProcessors: [
        {
          onStart: () => undefined,
          onEnd: () => {
            this.spans += 1;
          },
          forceFlush: () => Promise.resolve(),
          shutdown: () => Promise.resolve(),
        },
      ],
    });
    this.#sdk.start();
    const meter = metrics.getMeter('bench');
    this.#counter = meter.createCounter('bench.counter');
    this.#histogram = meter.createHistogram('bench.histogram', {
      advice: { explicitBucketBoundaries: [...durationBuckets] },
    });
    this.#tracer = trace.getTracer('bench');
  }

  count(): void {
    this.#counter.add(1, attributes);
  }

  record(seconds: number): void {
    this.#histogram.record(seconds, attributes);
  }

  /** A server span and the fields to send on. */
  request(traceparent: string | undefined): Carrier {
    const headers: Carrier = traceparent === undefined ? {} : { traceparent };
    const parent: Context = propagation.extract(ROOT_CONTEXT, headers, getter);
    const server = this.#tracer.startSpan('GET /orders/*', { kind: SpanKind.SERVER, attributes }, parent);
    const out: Carrier = {};
    propagation.inject(trace.setSpan(parent, server), out, setter);
    server.end();
    return out;
  }

  /** A server span, a client span below it, and the fields to send on. */
  requestWithAttempt(): Carrier {
    const server = this.#tracer.startSpan('GET /orders/*', { kind: SpanKind.SERVER, attributes }, ROOT_CONTEXT);
    const below = trace.setSpan(ROOT_CONTEXT, server);
    const client = this.#tracer.startSpan('GET', { kind: SpanKind.CLIENT, attributes }, below);
    const out: Carrier = {};
    propagation.inject(trace.setSpan(below, client), out, setter);
    client.setAttribute('http.response.status_code', 200);
    client.end();
    server.setAttribute('http.response.status_code', 200);
    server.end();
    return out;
  }

  /** What was counted so far. */
  async counted(): Promise<{ readonly counter: number; readonly buckets: readonly number[] }> {
    const { resourceMetrics } = await this.#reader.collect();
    const points = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
    const value = (name: string) => points.find(({ descriptor }) => descriptor.name === name)?.dataPoints[0]?.value;
    const histogram = value('bench.histogram') as { readonly buckets: { readonly counts: readonly number[] } };
    return { counter: value('bench.counter') as number, buckets: histogram.buckets.counts };
  }

  shutdown(): Promise<void> {
    return this.#sdk.shutdown();
  }
}
