import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { counterTable } from '../../../src/telemetry/counter-table.ts';
import { gaugeTable, infoTable } from '../../../src/telemetry/gauge-table.ts';
import { histogramTable } from '../../../src/telemetry/histogram-table.ts';
import { type MetricDefinition, type MetricKind, prometheusName } from '../../../src/telemetry/metric-definition.ts';
import { pilotfishMetrics } from '../../../src/telemetry/pilotfish-metrics.ts';
import { prometheusText } from '../../../src/telemetry/prometheus-text.ts';
import { type Definition, Registry } from '../../../src/telemetry/registry.ts';

const rows = (table: Readonly<Record<string, Definition>>, kind: MetricKind): MetricDefinition[] =>
  Object.values(table).map((row) => ({ ...row, kind }));
const definitions = [
  ...rows(counterTable, 'counter'),
  ...rows(gaugeTable, 'gauge'),
  ...rows(histogramTable, 'histogram'),
  ...rows(infoTable, 'info'),
];

/** One series in every family, with a value in it. */
function filled(): Registry {
  const registry = new Registry();
  for (const family of Object.values(pilotfishMetrics(registry))) {
    const series = family.bind(...family.definition.labels.map(() => 'x'));
    if ('record' in series) series.record(0.1);
    else series.add(1);
  }
  return registry;
}

describe('the metric table', () => {
  test('has the names that the contract promises', () => {
    const names = definitions.map(prometheusName);
    for (const name of [
      'http_server_request_duration_seconds',
      'http_client_request_duration_seconds',
      'http_server_active_requests',
      'pilotfish_upstream_endpoints',
      'pilotfish_catalog_age_seconds',
      'pilotfish_retries_total',
      'pilotfish_ejections_total',
      'pilotfish_consul_requests_total',
      'pilotfish_registration_registered',
      'pilotfish_build_info',
      'pilotfish_event_loop_delay_seconds',
    ]) {
      expect(names).toContain(name);
    }
    expect(gaugeTable.endpoints.labels).toEqual(['upstream', 'state']);
    expect(gaugeTable.catalogAge.labels).toEqual(['upstream']);
  });

  test('names each metric once, in both spellings', () => {
    expect(new Set(definitions.map(({ name }) => name)).size).toBe(definitions.length);
    expect(new Set(definitions.map(prometheusName)).size).toBe(definitions.length);
  });

  test('durations have the buckets of the contract', () => {
    const text = prometheusText(filled(), { format: 'prometheus', resource: new Map() });
    const bounds = [...text.matchAll(/^http_server_request_duration_seconds_bucket\{.*le="([^"]+)"\}/gm)];
    expect(bounds.map(([, bound]) => bound).join(' ')).toBe(
      '0.005 0.01 0.025 0.05 0.075 0.1 0.25 0.5 0.75 1 2.5 5 7.5 10 +Inf',
    );
  });

  test('is what docs/metrics.md says, row by row', () => {
    const docs = readFileSync('docs/metrics.md', 'utf8');
    const documented = docs.split('\n').filter((line) => line.startsWith('| `'));
    const expected = definitions.map(
      (row) =>
        `| \`${prometheusName(row)}\` | ${row.kind} | ${row.labels.map((label) => `\`${label.replaceAll('.', '_')}\``).join(' ')} | ${row.help} | \`${row.name}\`${row.unit === '' ? '' : `, \`${row.unit}\``} |`,
    );
    expect(documented.sort()).toEqual(expected.sort());
  });
});

/** From Prometheus; `PROMTOOL_BIN` names another than the one on the path. */
const tool = process.env.PROMTOOL_BIN ?? 'promtool';
const promtool = spawnSync(tool, ['--version']).error === undefined;

describe.skipIf(!promtool && process.env.CI !== 'true')('promtool', () => {
  test('finds nothing to complain about in the whole table', () => {
    const input = prometheusText(filled(), { format: 'prometheus', resource: new Map([['service.name', 'orders']]) });
    expect(execFileSync(tool, ['check', 'metrics'], { input, encoding: 'utf8', stdio: 'pipe' })).toBe('');
  });

  test('would complain', () => {
    const { status } = spawnSync(tool, ['check', 'metrics'], { input: '# TYPE a counter\na 1\n' });
    expect(status).not.toBe(0);
  });
});
