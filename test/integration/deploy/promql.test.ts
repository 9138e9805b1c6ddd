import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Dashboard } from '../../support/grafana-dashboard.ts';

const isHere = spawnSync('promtool', ['--version']).status === 0;
const dashboard = JSON.parse(readFileSync('deploy/grafana/pilotfish.json', 'utf8')) as Dashboard;

describe.skipIf(!isHere && process.env['CI'] !== 'true')('promtool', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pilotfish-promql-'));

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const check = (queries: readonly string[]) => {
    const rules = queries.map((query, index) => ({ record: `query:${index}`, expr: query }));
    const file = join(folder, 'rules.yaml');
    writeFileSync(file, stringify({ groups: [{ name: 'queries', rules }] }));
    return spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' });
  };

  it('parses every query of the Grafana dashboard', () => {
    const queries = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    const plain = queries.map((query) => query.replaceAll('$__rate_interval', '5m').replaceAll('$upstream', '.*'));
    const { status, stdout, stderr } = check(plain);
    expect(status, stdout + stderr).toBe(0);
  });

  it('finds a query that is none', () => {
    expect(check(['sum by (upstream (rate(x[5m]))']).status).not.toBe(0);
  });

  it('passes the alert rules, and their tests', () => {
    for (const args of [
      ['check', 'rules', 'deploy/prometheus/pilotfish-alerts.yaml'],
      ['test', 'rules', 'deploy/prometheus/pilotfish-alerts-test.yaml'],
    ]) {
      const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
      expect(status, stdout + stderr).toBe(0);
    }
  });
});
