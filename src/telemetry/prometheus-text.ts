import type { ExpositionFormat } from './exposition-format.ts';
import type { Bound, Family, Labelled } from './family.ts';
import { type MetricDefinition, prometheusLabel, prometheusUnit } from './metric-definition.ts';
import type { Registry } from './registry.ts';
import { type Exemplar, Histogram } from './series.ts';

/** What is written besides the registry's own series. */
export interface ExpositionOptions {
  readonly format: ExpositionFormat;
  /** Resource attributes (`service.name` …), written as `target_info`. */
  readonly resource: ReadonlyMap<string, string>;
}

/** Series written between two turns of the event loop: about 2 ms of work. */
const SERIES_PER_TURN = 200;

/**
 * Everything in `registry` as text for a scraper: the Prometheus text format 0.0.4, or OpenMetrics 1.0 with units,
 * exemplars and the end mark.
 */
export function prometheusText(registry: Registry, options: ExpositionOptions): string {
  return [...chunks(registry, options)].join('');
}

/**
 * {@link prometheusText}, letting others take their turn in between: with thousands of series (1,000 upstreams: 15 MB)
 * writing them at once would hold up requests for 70 ms. Each series is consistent in itself.
 */
export async function prometheusTextInTurns(registry: Registry, options: ExpositionOptions): Promise<string> {
  const parts: string[] = [];
  for (const chunk of chunks(registry, options)) {
    if (parts.length > 0) await new Promise((resolve) => setImmediate(resolve));
    parts.push(chunk);
  }
  return parts.join('');
}

function* chunks(registry: Registry, options: ExpositionOptions): Generator<string, void, undefined> {
  const openMetrics = options.format === 'openmetrics';
  let lines: string[] = [];
  let series = 0;
  for (const family of registry.collect()) {
    writeHead(lines, family, openMetrics);
    const labelNames = family.definition.labels.map(prometheusLabel);
    for (const labelled of family.list()) {
      writeSeries(lines, family.prometheusName, { labelled, labelNames, openMetrics });
      series += 1;
      if (series % SERIES_PER_TURN !== 0) continue;
      yield `${lines.join('\n')}\n`;
      lines = [];
    }
  }
  writeTarget(lines, options.resource, openMetrics);
  if (openMetrics) lines.push('# EOF');
  if (lines.length > 0) yield `${lines.join('\n')}\n`;
}

function writeHead(lines: string[], family: Family<Bound>, openMetrics: boolean): void {
  const { definition } = family;
  const name = openMetrics ? family.prometheusName.replace(/_(total|info)$/, '') : family.prometheusName;
  lines.push(`# HELP ${name} ${escapeHelp(definition.help, openMetrics)}`);
  lines.push(`# TYPE ${name} ${typeWord(definition, openMetrics)}`);
  const unit = prometheusUnit(definition);
  if (openMetrics && unit !== undefined && name.endsWith(`_${unit}`)) lines.push(`# UNIT ${name} ${unit}`);
}

/** A series and how to write it. */
interface Writing {
  readonly labelled: Labelled<Bound>;
  readonly labelNames: readonly string[];
  readonly openMetrics: boolean;
}

function writeSeries(lines: string[], name: string, { labelled, labelNames, openMetrics }: Writing): void {
  const { series, values } = labelled;
  const labels = labelText(labelNames, values);
  if (series instanceof Histogram) writeHistogram(lines, name, { labels, series, openMetrics });
  else lines.push(`${name}${braced(labels)} ${numberText(series.value)}`);
}

function typeWord({ kind }: MetricDefinition, openMetrics: boolean): string {
  return kind === 'info' && !openMetrics ? 'gauge' : kind;
}

function writeHistogram(
  lines: string[],
  name: string,
  { labels, series, openMetrics }: { labels: string; series: Histogram; openMetrics: boolean },
): void {
  const reading = series.read();
  const { upper } = series.bounds;
  const prefix = `${name}_bucket{${labels}${labels === '' ? '' : ','}le="`;
  let cumulative = 0;
  for (let bucket = 0; bucket <= upper.length; bucket++) {
    cumulative += reading.buckets[bucket] as number;
    const bound = bucket === upper.length ? '+Inf' : boundText(upper[bucket] as number, openMetrics);
    const exemplar = openMetrics ? series.exemplar(bucket) : undefined;
    lines.push(`${prefix}${bound}"} ${cumulative}${exemplar === undefined ? '' : exemplarText(exemplar)}`);
  }
  lines.push(`${name}_sum${braced(labels)} ${numberText(reading.sum)}`);
  lines.push(`${name}_count${braced(labels)} ${reading.count}`);
}

/** OpenMetrics wants bounds as floats, `1.0` and not `1`, so that the same bound is always the same label. */
function boundText(bound: number, openMetrics: boolean): string {
  return openMetrics && Number.isInteger(bound) && bound < 1e15 ? `${bound}.0` : numberText(bound);
}

function exemplarText({ traceId, spanId, value, wallMs }: Exemplar): string {
  return ` # {trace_id="${traceId}",span_id="${spanId}"} ${numberText(value)} ${(wallMs / 1000).toFixed(3)}`;
}

function writeTarget(lines: string[], resource: ReadonlyMap<string, string>, openMetrics: boolean): void {
  if (resource.size === 0) return;
  const name = openMetrics ? 'target' : 'target_info';
  lines.push(`# HELP ${name} The process that these metrics are about`);
  lines.push(`# TYPE ${name} ${openMetrics ? 'info' : 'gauge'}`);
  const labels = labelText([...resource.keys()].map(prometheusLabel), [...resource.values()]);
  lines.push(`target_info${braced(labels)} 1`);
}

function labelText(names: readonly string[], values: readonly string[]): string {
  let text = '';
  for (let index = 0; index < names.length; index++) {
    const value = values[index] as string;
    if (value === '') continue;
    text += `${text === '' ? '' : ','}${names[index]}="${escapeLabel(value)}"`;
  }
  return text;
}

function braced(labels: string): string {
  return labels === '' ? '' : `{${labels}}`;
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

function escapeHelp(help: string, openMetrics: boolean): string {
  const escaped = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return openMetrics ? escaped.replaceAll('"', '\\"') : escaped;
}
