import { describe, expect, it } from 'vitest';
import { aliasResult } from '../../../src/dev-agent/checks/alias-result.ts';
import { runIntervalCheck } from '../../../src/dev-agent/checks/check-runner.ts';
import type { ProbeResult } from '../../../src/dev-agent/checks/probe.ts';
import { truncate } from '../../../src/dev-agent/checks/probe.ts';
import { TtlCheck } from '../../../src/dev-agent/checks/ttl-check.ts';
import type { CheckDefinition } from '../../../src/dev-agent/store/catalog-records.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const passing: ProbeResult = { status: 'passing', output: 'ok' };
const critical: ProbeResult = { status: 'critical', output: 'no' };

function interval(
  results: readonly ProbeResult[],
  thresholds: Partial<{ successBeforePassing: number; failuresBeforeCritical: number }> = {},
) {
  const clock = new FakeClock();
  const reports: string[] = [];
  let at = 0;
  const runner = runIntervalCheck({
    intervalMs: 10_000,
    timeoutMs: 1000,
    successBeforePassing: 0,
    failuresBeforeCritical: 0,
    ...thresholds,
    probe: async () => results[Math.min(at++, results.length - 1)] ?? passing,
    clock,
    random: () => 0.25,
    report: (status) => reports.push(status),
  });
  return { clock, reports, runner, looks: () => at };
}

describe('a check that looks by itself', () => {
  it('is critical, and looks again, when the look itself throws', async () => {
    const clock = new FakeClock();
    const reports: string[] = [];
    const runner = runIntervalCheck({
      intervalMs: 1000,
      timeoutMs: 1000,
      successBeforePassing: 0,
      failuresBeforeCritical: 0,
      probe: async () => {
        throw new Error('Invalid URL');
      },
      clock,
      random: () => 0,
      report: (status, output) => reports.push(`${status} ${output}`),
    });
    await clock.advance(1000);
    expect(reports).toEqual(['critical Invalid URL', 'critical Invalid URL']);
    runner.stop();
  });

  it('first looks at a random moment within the interval, then every interval', async () => {
    const { clock, looks, runner } = interval([passing]);
    await clock.advance(2499);
    expect(looks()).toBe(0);
    await clock.advance(1);
    expect(looks()).toBe(1);
    await clock.advance(9999);
    expect(looks()).toBe(1);
    await clock.advance(1);
    expect(looks()).toBe(2);
    runner.stop();
    await clock.advance(60_000);
    expect(looks()).toBe(2);
    expect(clock.pending).toBe(0);
  });

  it('changes status only after the agreed number of results in a row', async () => {
    const { clock, reports } = interval([critical, passing, critical, critical, passing, passing], {
      successBeforePassing: 2,
      failuresBeforeCritical: 2,
    });
    await clock.advance(2500);
    await clock.advance(50_000);
    expect(reports).toEqual(['critical', 'passing']);
  });

  it('gives a probe no longer than the timeout', async () => {
    const clock = new FakeClock();
    const reports: string[] = [];
    const runner = runIntervalCheck({
      intervalMs: 10_000,
      timeoutMs: 1000,
      successBeforePassing: 0,
      failuresBeforeCritical: 0,
      probe: (signal) =>
        new Promise((resolve) =>
          signal.addEventListener('abort', () => resolve({ status: 'critical', output: 'late' })),
        ),
      clock,
      random: () => 0,
      report: (_status, output) => reports.push(output),
    });
    await clock.advance(999);
    expect(reports).toEqual([]);
    await clock.advance(1);
    expect(reports).toEqual(['late']);
    runner.stop();
  });
});

describe('a TTL check', () => {
  it('turns critical when the app has been silent for the TTL, and says what it last said', async () => {
    const clock = new FakeClock();
    const reports: string[] = [];
    const check = new TtlCheck({
      ttlMs: 5000,
      clock,
      report: (status, output) => reports.push(`${status}: ${output}`),
    });
    await clock.advance(4999);
    check.set('passing', 'fine');
    await clock.advance(4999);
    expect(reports).toEqual(['passing: fine']);
    await clock.advance(1);
    expect(reports.at(-1)).toBe('critical: TTL expired (last output before timeout follows): fine');
    check.stop();
    expect(clock.pending).toBe(0);
  });
});

describe('an alias check', () => {
  const check = (fields: Partial<CheckDefinition>): CheckDefinition => ({
    Node: 'n',
    CheckID: 'c',
    Name: 'name',
    Status: 'passing',
    Notes: '',
    Output: '',
    ServiceID: 'web',
    ServiceName: 'web',
    ServiceTags: [],
    Type: 'ttl',
    Definition: {},
    ...fields,
  });
  const target = { checkId: 'alias', serviceId: 'web', isKnown: true };

  it('is as bad as the worst check of the service and of the node, leaving itself out', () => {
    expect(aliasResult(target, []).output).toBe('No checks found.');
    expect(aliasResult(target, [check({})]).output).toBe('All checks passing.');
    expect(aliasResult(target, [check({ Status: 'warning' }), check({})]).status).toBe('warning');
    expect(aliasResult(target, [check({ ServiceID: '', Status: 'critical' })]).status).toBe('critical');
    expect(aliasResult(target, [check({ ServiceID: 'other', Status: 'critical' })]).status).toBe('passing');
    expect(aliasResult(target, [check({ CheckID: 'alias', Status: 'critical' })]).status).toBe('passing');
  });

  it('is critical while its service is not registered', () => {
    expect(aliasResult({ ...target, isKnown: false }, []).status).toBe('critical');
  });
});

describe('output', () => {
  it('is cut at whole characters', () => {
    expect(truncate('aé', 2)).toBe('a');
    expect(truncate('aé', 3)).toBe('aé');
  });
});
