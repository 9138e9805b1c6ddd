/**
 * Which balancing policy is right for which fleet?
 *
 * `node bench/policy-simulation.ts [--write]`: runs the real upstreams of ten sidecars, with the real policies, against
 * simulated instances in simulated time, and prints a Markdown table. With `--write` it also draws
 * docs/images/policies.svg. Seeded: the same code gives the same figures on every machine.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { policies } from '../src/balance/by-name.ts';
import type { OutlierSettings, PolicyName } from '../src/upstream/upstream-settings.ts';
import { chartSvg, type Panel } from './policy-simulation-chart.ts';
import { type SimulatedInstance, simulate } from './simulated-fleet.ts';

interface Scenario {
  readonly title: string;
  /** The odd one, if there is one, is the last. */
  readonly instances: readonly SimulatedInstance[];
  readonly outlier: Partial<OutlierSettings>;
}

const LOAD = 0.5;
const SEED = 1;
const NO_EJECTION: Partial<OutlierSettings> = { consecutiveFailures: 0 };
const usual: SimulatedInstance = { meanMs: 20, weight: 1, isBroken: false };
const nineAnd = (odd: Partial<SimulatedInstance>): SimulatedInstance[] => [
  ...Array<SimulatedInstance>(9).fill(usual),
  { ...usual, ...odd },
];
/** Four generations of machines; the slowest last. */
const mixed = [10, 10, 10, 15, 15, 20, 20, 20, 40, 40].map((meanMs) => ({ ...usual, meanMs }));

const scenarios: readonly Scenario[] = [
  { title: 'Ten equal instances', instances: nineAnd({}), outlier: NO_EJECTION },
  { title: 'One is ten times slower', instances: nineAnd({ meanMs: 200 }), outlier: NO_EJECTION },
  { title: 'Mixed speeds (1 to 4), all of weight 1', instances: mixed, outlier: NO_EJECTION },
  {
    title: 'Mixed speeds, weighted by speed',
    instances: mixed.map((instance) => ({ ...instance, weight: Math.round(120 / instance.meanMs) })),
    outlier: NO_EJECTION,
  },
  { title: 'One answers 503 at once, ejection off', instances: nineAnd({ isBroken: true }), outlier: NO_EJECTION },
  { title: 'One answers 503 at once, ejection on', instances: nineAnd({ isBroken: true }), outlier: {} },
];

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
const panels: Panel[] = [];
for (const { title, instances, outlier } of scenarios) {
  const rows = (Object.keys(policies) as PolicyName[]).map((policy) => ({
    name: policy,
    result: simulate({ policy, instances, outlier, load: LOAD, seed: SEED }),
  }));
  panels.push({ title, rows });
  console.log(`\n#### ${title}\n`);
  console.log('| policy | p50 ms | p99 ms | failed | to the odd one | imbalance |\n|---|---:|---:|---:|---:|---:|');
  for (const { name, result } of rows) {
    const { p50Ms, p99Ms, failed, toOdd, imbalance } = result;
    const cells = [p50Ms.toFixed(0), p99Ms.toFixed(0), percent(failed), percent(toOdd), imbalance.toFixed(2)];
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
}
if (process.argv.includes('--write')) {
  const directory = new URL('../docs/images/', import.meta.url);
  mkdirSync(directory, { recursive: true });
  writeFileSync(new URL('policies.svg', directory), chartSvg(panels));
}
