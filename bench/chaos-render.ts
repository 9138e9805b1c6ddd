// Puts the newest run of the fault bench into docs/resilience.md, between `<!-- chaos:NAME -->` and `<!-- /chaos -->`.
// `node bench/chaos-render.ts`. Writes nothing that no run measured.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { allScenarios } from './chaos/all-scenarios.ts';
import { type ChaosRow, figuresOf, tableOf, verdictOf } from './chaos/result-row.ts';

interface ChaosResult {
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGib: number;
    readonly kernel: string;
    readonly node: string;
  };
  readonly rows: readonly ChaosRow[];
}

const page = new URL('../docs/resilience.md', import.meta.url);
const directory = new URL('./results/', import.meta.url);

function newest(): ChaosResult {
  const file = readdirSync(directory)
    .filter((name) => name.endsWith('-chaos.json'))
    .sort()
    .at(-1);
  if (file === undefined) throw new Error('no run of the fault bench in bench/results/; run bench/chaos.ts first');
  return JSON.parse(readFileSync(new URL(file, directory), 'utf8')) as ChaosResult;
}

/** What goes wrong, what must happen, whether it did. */
function contract({ rows }: ChaosResult): string {
  const lines = allScenarios.map(({ name, fault, must }) => {
    const row = rows.find((each) => each.name === name);
    const measured =
      row === undefined ? 'not measured' : [figuresOf(row), verdictOf(row)].filter((text) => text !== '').join('; ');
    return `| ${fault} | ${must} | \`${name}\` | ${measured} |`;
  });
  return ['| what goes wrong | what must happen | scenario | measured |', '|---|---|---|---|', ...lines].join('\n');
}

function machine({ machine: { cpu, cores, memoryGib, kernel, node }, rows }: ChaosResult): string {
  const commits = [...new Set(rows.map(({ commit }) => commit))].join(', ');
  const loads = rows.map(({ machineLoad }) => machineLoad).sort((a, b) => a - b);
  const median = loads[Math.floor(loads.length / 2)]?.toFixed(1);
  return `${cpu}, ${cores} cores, ${memoryGib} GiB, Linux ${kernel}, Node ${node}; commit ${commits}; load average after a scenario: median ${median}, most ${loads.at(-1)?.toFixed(1)}.`;
}

const result = newest();
const contents: Readonly<Record<string, string>> = {
  contract: contract(result),
  figures: tableOf(result.rows),
  machine: machine(result),
};
const rendered = readFileSync(page, 'utf8').replace(
  /<!-- chaos:([a-z]+) -->[\s\S]*?<!-- \/chaos -->/g,
  (_, name: string) => `<!-- chaos:${name} -->\n${contents[name] ?? ''}\n<!-- /chaos -->`,
);
writeFileSync(page, rendered);
