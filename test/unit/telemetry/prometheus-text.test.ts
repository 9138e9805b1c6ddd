import { describe, expect, test } from 'vitest';
import { prometheusText, prometheusTextInTurns } from '../../../src/telemetry/prometheus-text.ts';
import { Registry } from '../../../src/telemetry/registry.ts';

const none: ReadonlyMap<string, string> = new Map();

function sample(): Registry {
  const registry = new Registry();
  const duration = { name: 'http.x.duration', unit: 's', help: 'How "long"', buckets: [0.5, 1] };
  const histogram = registry.histogram({ ...duration, labels: ['http.request.method'] }).bind('GET');
  histogram.record(0.25);
  histogram.recordTraced({ value: 0.75, traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), wallMs: 1_700_000_000_125 });
  histogram.record(2);
  registry
    .counter({ name: 'pilotfish.retries', unit: '{retry}', help: 'R', labels: ['upstream'] })
    .bind('a"\\\nb')
    .add(3);
  registry
    .info({ name: 'pilotfish.build', unit: '', help: 'B', labels: ['version'] })
    .bind('1.2.3')
    .set(1);
  registry
    .gauge({ name: 'some.age', unit: 's', help: 'A', labels: ['upstream'] })
    .bind('')
    .set(Number.POSITIVE_INFINITY);
  return registry;
}

describe('metrics as text', () => {
  test('Prometheus text 0.0.4 with escaped labels, cumulative buckets and target_info', () => {
    const resource = new Map([['service.name', 'orders']]);
    expect(prometheusText(sample(), { format: 'prometheus', resource })).toBe(`\
# HELP http_x_duration_seconds How "long"
# TYPE http_x_duration_seconds histogram
http_x_duration_seconds_bucket{http_request_method="GET",le="0.5"} 1
http_x_duration_seconds_bucket{http_request_method="GET",le="1"} 2
http_x_duration_seconds_bucket{http_request_method="GET",le="+Inf"} 3
http_x_duration_seconds_sum{http_request_method="GET"} 3
http_x_duration_seconds_count{http_request_method="GET"} 3
# HELP pilotfish_build_info B
# TYPE pilotfish_build_info gauge
pilotfish_build_info{version="1.2.3"} 1
# HELP pilotfish_retries_total R
# TYPE pilotfish_retries_total counter
pilotfish_retries_total{upstream="a\\"\\\\\\nb"} 3
# HELP some_age_seconds A
# TYPE some_age_seconds gauge
some_age_seconds +Inf
# HELP target_info The process that these metrics are about
# TYPE target_info gauge
target_info{service_name="orders"} 1
`);
  });

  test('OpenMetrics 1.0 with units, float bounds, exemplars, info and the end mark', () => {
    const resource = new Map([['service.name', 'orders']]);
    expect(prometheusText(sample(), { format: 'openmetrics', resource })).toBe(`\
# HELP http_x_duration_seconds How \\"long\\"
# TYPE http_x_duration_seconds histogram
# UNIT http_x_duration_seconds seconds
http_x_duration_seconds_bucket{http_request_method="GET",le="0.5"} 1
http_x_duration_seconds_bucket{http_request_method="GET",le="1.0"} 2 # {trace_id="${'a'.repeat(32)}",span_id="${'b'.repeat(16)}"} 0.75 1700000000.125
http_x_duration_seconds_bucket{http_request_method="GET",le="+Inf"} 3
http_x_duration_seconds_sum{http_request_method="GET"} 3
http_x_duration_seconds_count{http_request_method="GET"} 3
# HELP pilotfish_build B
# TYPE pilotfish_build info
pilotfish_build_info{version="1.2.3"} 1
# HELP pilotfish_retries R
# TYPE pilotfish_retries counter
pilotfish_retries_total{upstream="a\\"\\\\\\nb"} 3
# HELP some_age_seconds A
# TYPE some_age_seconds gauge
# UNIT some_age_seconds seconds
some_age_seconds +Inf
# HELP target The process that these metrics are about
# TYPE target info
target_info{service_name="orders"} 1
# EOF
`);
  });

  test('written in turns it is the same text, and others get their turn while it is written', async () => {
    const registry = sample();
    const family = registry.counter({ name: 'many', unit: '', help: 'M', labels: ['upstream'] });
    for (let index = 0; index < 1000; index++) family.bind(`upstream-${index}`).add(index);
    let turns = 0;
    const options = { format: 'openmetrics', resource: new Map([['service.name', 'orders']]) } as const;
    const others = (): void => {
      turns += 1;
      next = setImmediate(others);
    };
    let next = setImmediate(others);
    const text = await prometheusTextInTurns(registry, options);
    clearImmediate(next);
    expect(text).toBe(prometheusText(registry, options));
    expect(turns).toBeGreaterThanOrEqual(5);
  });

  test('a series that disappears while it is written in turns leaves whole lines', async () => {
    const registry = new Registry();
    const family = registry.counter({ name: 'many', unit: '', help: 'M', labels: ['upstream'] });
    for (let index = 0; index < 1000; index++) family.bind(`upstream-${index}`).add(1);
    const writing = prometheusTextInTurns(registry, { format: 'openmetrics', resource: none });
    for (let index = 500; index < 1000; index++) family.unbind(`upstream-${index}`);
    const lines = (await writing).trimEnd().split('\n');
    expect(lines).toHaveLength(500 + 3);
    expect(lines.at(-1)).toBe('# EOF');
  });

  test('collectors run before each reading, until they are taken away; a family without series is not shown', () => {
    const registry = new Registry();
    const family = registry.gauge({ name: 'g', unit: '', help: 'g', labels: [] });
    let calls = 0;
    expect(prometheusText(registry, { format: 'prometheus', resource: none })).toBe('');
    const stop = registry.onCollect(() => family.bind().set(++calls));
    expect(prometheusText(registry, { format: 'prometheus', resource: none })).toContain('g 1\n');
    stop();
    expect(prometheusText(registry, { format: 'prometheus', resource: none })).toContain('g 1\n');
  });
});
