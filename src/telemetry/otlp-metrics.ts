import type { NodeSDKConfiguration } from '@opentelemetry/sdk-node';
import type { Bound, Family, Labelled } from './family.ts';
import type { MetricDefinition } from './metric-definition.ts';
import { hrTime, SCOPE_NAME } from './otlp-spans.ts';
import type { Registry } from './registry.ts';
import { Histogram } from './series.ts';

/** The SDK's types, reached through the one package that is declared. */
export type MetricReader = NonNullable<NodeSDKConfiguration['metricReaders']>[number];
export type MetricProducer = Parameters<MetricReader['setMetricProducer']>[0];
type ScopeMetrics = Awaited<ReturnType<MetricProducer['collect']>>['resourceMetrics']['scopeMetrics'][number];
type MetricData = ScopeMetrics['metrics'][number];
type InstrumentType = Parameters<MetricReader['selectAggregationTemporality']>[0];

/** OpenTelemetry's enumerations, which cannot be imported without loading the SDK. */
const POINT = { histogram: 0, gauge: 2, sum: 3 } as const;
const TEMPORALITY = { delta: 0, cumulative: 1 } as const;
const DOUBLE = 1;

/** What a reader saw of a series last. */
interface Seen {
  startMs: number;
  /** A counter's value, or a histogram's sum and buckets. */
  numbers: readonly number[];
}

/** What {@link RegistryMetrics} is made of. */
export interface RegistryMetricsOptions {
  readonly registry: Registry;
  readonly version: string;
  readonly wallMs: () => number;
  /** The temporality that the exporter wants (`OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`). */
  readonly temporalityOf: (instrument: InstrumentType) => number;
}

/**
 * Reads the registry for one OpenTelemetry reader: the same numbers that Prometheus text shows, as running totals or as
 * differences from the reader's last look.
 */
export class RegistryMetrics {
  readonly #options: RegistryMetricsOptions;
  readonly #seen = new WeakMap<Bound, Seen>();
  #lastMs: number;

  constructor(options: RegistryMetricsOptions) {
    this.#options = options;
    this.#lastMs = options.wallMs();
  }

  /** Everything there is, now. */
  collect(): ScopeMetrics {
    const { registry, version, wallMs } = this.#options;
    const nowMs = wallMs();
    const metrics = registry.collect().map((family) => this.#metric(family, nowMs));
    this.#lastMs = nowMs;
    return { scope: { name: SCOPE_NAME, version }, metrics };
  }

  #metric(family: Family<Bound>, nowMs: number): MetricData {
    const { definition } = family;
    const { kind, labels } = definition;
    const isDelta = this.#isDelta(definition);
    const points = [...family.list()].map(({ values, series }: Labelled<Bound>) => {
      const { startMs, numbers } = this.#since(series, isDelta, nowMs);
      return {
        startTime: hrTime(startMs),
        endTime: hrTime(nowMs),
        attributes: Object.fromEntries(
          labels.map((label, index) => [label, values[index]]).filter(([, text]) => text !== ''),
        ),
        series,
        numbers,
      };
    });
    const base = {
      descriptor: {
        name: otelName(definition),
        description: definition.help,
        unit: definition.unit,
        valueType: DOUBLE,
      },
      aggregationTemporality: isDelta ? TEMPORALITY.delta : TEMPORALITY.cumulative,
    };
    if (kind === 'histogram') {
      const dataPoints = points.map(({ series, numbers, ...point }) => ({
        ...point,
        value: histogramValue(series as Histogram, numbers),
      }));
      return { ...base, dataPointType: POINT.histogram, dataPoints };
    }
    const dataPoints = points.map(({ series: _, numbers, ...point }) => ({ ...point, value: numbers[0] as number }));
    if (kind === 'counter') return { ...base, dataPointType: POINT.sum, dataPoints, isMonotonic: true };
    if (definition.isUpDown) return { ...base, dataPointType: POINT.sum, dataPoints, isMonotonic: false };
    return { ...base, dataPointType: POINT.gauge, dataPoints };
  }

  #isDelta({ kind }: MetricDefinition): boolean {
    if (kind !== 'counter' && kind !== 'histogram') return false;
    const instrument = (kind === 'counter' ? 'COUNTER' : 'HISTOGRAM') as InstrumentType;
    return this.#options.temporalityOf(instrument) === TEMPORALITY.delta;
  }

  /** The numbers of a series, and since when they count: its first look at the latest before it was first seen. */
  #since(series: Bound, isDelta: boolean, nowMs: number): Seen {
    const numbers = numbersOf(series);
    const before = this.#seen.get(series);
    const startMs = before?.startMs ?? this.#lastMs;
    this.#seen.set(series, { startMs: isDelta ? nowMs : startMs, numbers });
    if (!isDelta || before === undefined) return { startMs, numbers };
    return { startMs, numbers: numbers.map((number, index) => number - (before.numbers[index] as number)) };
  }
}

/** An `info` has its Prometheus suffix in OTLP too, or its name would say nothing. */
function otelName({ name, kind }: MetricDefinition): string {
  return kind === 'info' ? `${name}_info` : name;
}

function numbersOf(series: Bound): readonly number[] {
  if (!(series instanceof Histogram)) return [series.value];
  const { sum, buckets } = series.read();
  return [sum, ...buckets];
}

function histogramValue(
  series: Histogram,
  [sum = 0, ...counts]: readonly number[],
): { buckets: { boundaries: number[]; counts: number[] }; sum: number; count: number } {
  const count = counts.reduce((total, inside) => total + inside, 0);
  return { buckets: { boundaries: [...series.bounds.upper], counts }, sum, count };
}
