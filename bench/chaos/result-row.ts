import type { Played } from './play.ts';
import type { RegistryKindName } from './registry.ts';
import type { Claim } from './scenario.ts';

/** A scenario's figures, as they are kept and shown. */
export interface ChaosRow {
  readonly name: string;
  readonly fault: string;
  readonly must: string;
  readonly registry: RegistryKindName;
  readonly failuresAreMeant: boolean;
  readonly requests: number | undefined;
  readonly failed: number | undefined;
  readonly duplicates: number | undefined;
  readonly worstGapMs: number | undefined;
  readonly recoveryMs: number | undefined;
  readonly figures: Readonly<Record<string, number | string>>;
  readonly claims: readonly Claim[];
  /** The machine's load average afterwards: what else was going on. */
  readonly machineLoad: number;
  /** What was run. */
  readonly commit: string;
  /** Why it was not played to its end. */
  readonly broke?: string;
}

/** A played scenario's row. */
export function rowOf(
  { scenario, registry, outcome, claims }: Played,
  { machineLoad, commit }: Pick<ChaosRow, 'machineLoad' | 'commit'>,
): ChaosRow {
  const { load, duplicates, recoveryMs, figures = {} } = outcome;
  return {
    name: scenario.name,
    fault: scenario.fault,
    must: scenario.must,
    registry,
    failuresAreMeant: scenario.failuresAreMeant ?? false,
    requests: load?.requests,
    failed: load?.failed,
    duplicates,
    worstGapMs: load?.worstGapMs,
    recoveryMs,
    figures,
    claims,
    machineLoad,
    commit,
  };
}

/** What was measured beside the columns. */
export function figuresOf({ figures }: ChaosRow): string {
  return Object.entries(figures)
    .map(([key, value]) => `${key}: ${shown(value)}`)
    .join('; ');
}

/** Whether all that must be so was so. */
export function verdictOf({ claims, broke }: ChaosRow): string {
  if (broke !== undefined) return `**broke off**: ${broke}`;
  const unmet = claims.filter(({ held }) => !held);
  if (unmet.length === 0) return 'held';
  return `**not met**: ${unmet.map(({ text, seen }) => `${text} (${seen})`).join('; ')}`;
}

/** The rows as a table in Markdown. */
export function tableOf(rows: readonly ChaosRow[]): string {
  const lines = rows.map((row) => {
    const { name, registry, requests, failed, failuresAreMeant, duplicates, worstGapMs, recoveryMs } = row;
    const failures = failuresAreMeant && failed !== undefined ? `${shown(failed)} (meant)` : shown(failed);
    const cells = [name, registry === 'real' ? 'Consul' : 'embedded', shown(requests), failures, shown(duplicates)];
    return `| ${[...cells, shown(worstGapMs), shown(recoveryMs), verdictOf(row)].join(' | ')} |`;
  });
  return [
    '| scenario | registry | requests | failed | duplicates | worst gap ms | recovery ms | contract |',
    '|---|---|---:|---:|---:|---:|---:|---|',
    ...lines,
  ].join('\n');
}

function shown(value: number | string | undefined): string {
  if (value === undefined) return '–';
  if (typeof value === 'string') return value;
  return (value >= 100 || Number.isInteger(value) ? Math.round(value) : Math.round(value * 10) / 10).toLocaleString(
    'en',
  );
}
