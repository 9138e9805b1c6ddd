import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { counterTable } from '../../../src/telemetry/counter-table.ts';
import { gaugeTable } from '../../../src/telemetry/gauge-table.ts';
import { histogramTable } from '../../../src/telemetry/histogram-table.ts';
import { type Dashboard, dashboardErrors } from '../../support/grafana-dashboard.ts';

const dashboard = JSON.parse(readFileSync('deploy/grafana/pilotfish.json', 'utf8')) as Dashboard;
const alerts = parse(readFileSync('deploy/prometheus/pilotfish-alerts.yaml', 'utf8')) as {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
};

/** Labels that Prometheus itself adds, or that are a histogram's. */
const ADDED = new Set(['instance', 'job', 'le']);

/** Every metric of the tables under its Prometheus names, with its labels. */
const metrics = new Map(
  [...Object.values(counterTable), ...Object.values(gaugeTable), ...Object.values(histogramTable)].flatMap((each) => {
    const name = each.name.replaceAll('.', '_');
    const full = each.unit === 's' ? `${name}_seconds` : each.unit === 'By' ? `${name}_bytes` : name;
    const labels: readonly string[] = each.labels.map((label) => label.replaceAll('.', '_'));
    return [full, `${full}_total`, `${full}_count`, `${full}_sum`, `${full}_bucket`].map(
      (each) => [each, labels] as const,
    );
  }),
);

/** Metrics and labels in a query that this version does not have. */
function unknownIn(query: string): readonly string[] {
  const asked = [...query.matchAll(/\b((?:pilotfish|http|process|nodejs|v8js)_[a-z0-9_]+)(?:\{([^}]*)\})?/g)];
  return asked.flatMap(([, name = '', selectors = '']) => {
    const labels = metrics.get(name);
    if (labels === undefined) return /_status_code|_type$/.test(name) ? [] : [name];
    return [...selectors.matchAll(/([a-z_]+)(?:=~|!~|!=|=)"/g)]
      .map(([, label = '']) => label)
      .filter((label) => !labels.includes(label) && !ADDED.has(label))
      .map((label) => `${name}{${label}}`);
  });
}

describe('the Grafana dashboard', () => {
  it('is put together right: ids, places, queries, variables', () => {
    expect(dashboardErrors(dashboard)).toEqual([]);
  });

  it('asks only for metrics and labels that there are', () => {
    const queries = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    expect(queries.length).toBeGreaterThan(8);
    expect(queries.flatMap(unknownIn)).toEqual([]);
  });

  it.each<[string, (board: Dashboard) => Dashboard, RegExp]>([
    ['an id twice', (board) => withPanel(board, { id: board.panels[1]?.id ?? 0 }), /id \d+ twice/],
    ['panels on each other', (board) => withPanel(board, { gridPos: { x: 4, y: 0, w: 8, h: 8 } }), /lies on/],
    ['a panel over the edge', (board) => withPanel(board, { gridPos: { x: 20, y: 90, w: 8, h: 8 } }), /24 columns/],
    [
      'a variable that is not there',
      (board) => withPanel(board, { targets: [{ expr: 'up{job="$job"}', refId: 'A' }] }),
      /\$job/,
    ],
    ['a panel without a query', (board) => withPanel(board, { targets: [] }), /no query/],
  ])('with %s is refused', (_name, spoil, complaint) => {
    expect(dashboardErrors(spoil(dashboard)).join('\n')).toMatch(complaint);
  });

  it('finds a metric or a label that there is none of', () => {
    expect(unknownIn('rate(pilotfish_retrys_total[5m])')).toEqual(['pilotfish_retrys_total']);
    expect(unknownIn('pilotfish_upstream_endpoints{upstrem="a"}')).toEqual(['pilotfish_upstream_endpoints{upstrem}']);
  });
});

function withPanel(board: Dashboard, change: Partial<Dashboard['panels'][number]>): Dashboard {
  const [first, ...others] = board.panels;
  return first === undefined ? board : { ...board, panels: [{ ...first, ...change }, ...others] };
}

describe('the alerts', () => {
  it('ask only for metrics and labels that there are', () => {
    const rules = alerts.groups.flatMap(({ rules }) => rules);
    expect(rules.length).toBeGreaterThan(4);
    expect(rules.flatMap(({ expr }) => unknownIn(expr))).toEqual([]);
  });
});

describe('the collector’s configuration', () => {
  it('has pipelines of parts that it defines, and takes what sidecars send', () => {
    const { service, ...parts } = parse(readFileSync('deploy/otel/collector.yaml', 'utf8')) as {
      readonly service: { readonly pipelines: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> };
      readonly [part: string]: unknown;
    };
    expect(Object.keys(service.pipelines)).toEqual(['traces', 'metrics']);
    const missing = Object.values(service.pipelines).flatMap((pipeline) =>
      Object.entries(pipeline).flatMap(([kind, names]) =>
        names.filter((name) => !Object.hasOwn((parts[kind] ?? {}) as object, name)),
      ),
    );
    expect(missing).toEqual([]);
    expect(parts['receivers']).toMatchObject({ otlp: { protocols: { http: { endpoint: '0.0.0.0:4318' } } } });
  });
});
