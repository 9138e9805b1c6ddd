import { expect, test } from 'vitest';
import { whereOthersWin } from '../../../bench/harness/ranking.ts';
import type { Result, Round, Row } from '../../../bench/harness/result.ts';
import { resultTable } from '../../../bench/harness/result-table.ts';

function round(cpuMicrosPerUnit: number, more: Partial<Round> = {}): Round {
  return {
    cpuMicrosPerUnit,
    userMicrosPerUnit: cpuMicrosPerUnit / 2,
    systemMicrosPerUnit: cpuMicrosPerUnit / 2,
    unitsPerSecond: 1e6 / cpuMicrosPerUnit,
    rssBytes: 16 * 1024 ** 2,
    errors: 0,
    proxyCoreShare: 1,
    strangerCores: 0,
    ...more,
  };
}

function row(name: string, kind: Row['kind'], ...rounds: Round[]): Row {
  return { name, kind, about: '', version: '1.0', forwardingFields: [], rounds };
}

function result(...rows: Row[]): Result {
  return {
    scenario: 'small-get',
    title: 'Small GET',
    unit: 'request',
    date: '2026-01-01',
    command: '',
    origin: 'nginx',
    seconds: 1,
    machine: { cpu: '', cores: 2, memoryGib: 1, kernel: '', node: '', wrk: '', nginx: '', commit: '' },
    rows,
    notes: [],
    excluded: [{ name: 'broken', reasons: ['does not relay the status'] }],
  };
}

const full = result(
  row('slow', 'npm', round(80), round(90), round(100)),
  row('pilotfish', 'own', round(20), round(24), round(21)),
  row('fast', 'npm', round(40)),
  row('haproxy', 'native', round(20)),
);

function cells(name: string): string[] {
  const line = resultTable(full)
    .split('\n')
    .find((candidate) => candidate.startsWith(`| ${name} `));
  return (line ?? '').split('|').map((cell) => cell.trim());
}

test('a cost is the median of its rounds, with least and greatest', () => {
  expect(cells('**pilotfish**')[2]).toBe('21.0 (20.0–24.0)');
});

test('costs are compared with HAProxy and with the cheapest npm proxy', () => {
  expect(resultTable(full).split('\n')[0]).toContain('| × haproxy | × fast |');
  expect(cells('**pilotfish**').slice(3, 5)).toEqual(['1.05', '0.53']);
});

test('the cheapest comes first', () => {
  const names = resultTable(full)
    .split('\n')
    .slice(2, 6)
    .map((line) => line.split('|')[1]?.trim());
  expect(names).toEqual(['haproxy', '**pilotfish**', 'fast', 'slow']);
});

test('who was not timed is told with the reason', () => {
  expect(resultTable(full)).toContain('Not timed: broken (does not relay the status).');
});

test('a figure that nobody has is no column', () => {
  expect(resultTable(full)).not.toContain('p99');
  expect(resultTable(result(row('pilotfish', 'own', round(20, { p99Ms: 3 }))))).toContain('p99 ms');
});

test('errors of all rounds are added up', () => {
  const table = resultTable(result(row('pilotfish', 'own', round(20, { errors: 2 }), round(20, { errors: 3 }))));
  expect(table.split('\n')[2]?.endsWith('| 5 |')).toBe(true);
});

test('others win only where they are better, the best first', () => {
  const lines = whereOthersWin(full);
  expect(lines).toContain('- Small GET: less CPU time: haproxy (× 0.95)');
  expect(lines.some((line) => line.includes('slow'))).toBe(false);
});

test('at a set rate, nobody wins by answering more', () => {
  const paced = (name: string, kind: Row['kind'], perSecond: number): Row =>
    row(name, kind, round(20, { unitsPerSecond: perSecond, wantedPerSecond: 2000 }));
  expect(whereOthersWin(result(paced('pilotfish', 'own', 1999), paced('haproxy', 'native', 2000)))).toEqual([]);
});
