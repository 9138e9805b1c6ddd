/** `info` is a gauge that is always 1 and says everything by its labels. */
export type MetricKind = 'counter' | 'gauge' | 'histogram' | 'info';

/** What one metric is: the row of the table that registry, Prometheus text, OTLP and docs/metrics.md all follow. */
export interface MetricDefinition {
  /** OpenTelemetry name, dotted: `http.server.request.duration`. Its Prometheus name follows from it. */
  readonly name: string;
  readonly kind: MetricKind;
  /** UCUM: `s`, `By`, `1` for a share, `{request}` for things that are counted. */
  readonly unit: string;
  /** One sentence, ending without a full stop. */
  readonly help: string;
  /** OpenTelemetry attribute names. An empty value means that the label is absent. */
  readonly labels: readonly string[];
  /** A gauge that counts what is there, so that the values of several processes may be added (OTLP: a sum). */
  readonly isUpDown?: boolean | undefined;
  /** Upper bounds of a histogram's buckets; the contract's for durations when left out. */
  readonly buckets?: readonly number[] | undefined;
  /** The established Prometheus name where it is not the derived one (`process_cpu_seconds_total`). */
  readonly prometheusName?: string | undefined;
}

/** The buckets of durations in seconds, fixed by the contract and by OpenTelemetry's HTTP conventions. */
export const durationBuckets: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

/** UCUM units that Prometheus writes out. Annotations in braces count things and have no suffix. */
const unitWords: ReadonlyMap<string, string> = new Map([
  ['s', 'seconds'],
  ['By', 'bytes'],
  ['1', 'ratio'],
]);

/** A label's name in Prometheus: `http.request.method` → `http_request_method`. */
export function prometheusLabel(name: string): string {
  return name.replace(/[^a-zA-Z0-9_]/g, '_');
}

/** The unit as OpenMetrics' `# UNIT` says it; undefined where there is none. */
export function prometheusUnit(definition: MetricDefinition): string | undefined {
  if (definition.unit === '1' && definition.kind !== 'gauge') return undefined;
  return unitWords.get(definition.unit);
}

/**
 * The name in Prometheus text: dots become underscores, then the unit, then `_total` (counter) or `_info`.
 * Source: OpenTelemetry specification, "Prometheus and OpenMetrics compatibility".
 */
export function prometheusName(definition: MetricDefinition): string {
  if (definition.prometheusName !== undefined) return definition.prometheusName;
  const unit = prometheusUnit(definition);
  let name = prometheusLabel(definition.name);
  if (unit !== undefined && !name.endsWith(`_${unit}`)) name += `_${unit}`;
  if (definition.kind === 'counter') name += '_total';
  if (definition.kind === 'info') name += '_info';
  return name;
}
