// What does a request through the sidecar cost, against everything else that could stand there? `npm run bench -- --help`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Contestant } from './harness/contestant.ts';
import { machineFacts } from './harness/machine-facts.ts';
import { Match, type MatchPlan } from './harness/match.ts';
import { nativeContestants } from './harness/native-contestants.ts';
import { npmContestants } from './harness/npm-contestants.ts';
import { pilotfishContestants } from './harness/pilotfish-contestant.ts';
import { versionOf } from './harness/pinned-process.ts';
import type { Result } from './harness/result.ts';
import { resultTable } from './harness/result-table.ts';
import type { Scenario } from './harness/scenario.ts';
import { scenarios } from './harness/scenarios.ts';

const everyone: readonly Contestant[] = [...pilotfishContestants, ...nativeContestants, ...npmContestants];

const HELP = `npm run bench -- [flags]
  --scenario a,b   ${scenarios.map(({ name }) => name).join(' ')}
                   (default: all)
  --peers a,b      ${everyone.map(({ name }) => name).join(' ')}
                   (default: all that are installed)
  --starts N       start everyone so often, default 1: for differences of a few per cent, as two starts of one build may
                   differ by 2 %
  --warm-up N      seconds of load before the rounds of each start, default half of --seconds; code that runs seldom, like
                   the sending of spans, takes 10 to be compiled
  --rounds N       interleaved rounds of each start, default 5
  --seconds N      per timed run, default 5; bodies of 1 GiB take what they take
  --quick          one round of 2 s, result not kept
  --calm           wait for other processes to leave the machine alone; repeat runs that they disturbed
  --save/--no-save write bench/results/<date>-<scenario>.json; default yes, with --quick no
Then \`node bench/render.ts\` renders docs/performance.md from the results.
`;

interface Options {
  readonly scenarios: readonly Scenario[];
  readonly peers: readonly Contestant[];
  readonly starts: number;
  readonly warmUpSeconds: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly calm: boolean;
  readonly saves: boolean;
}

function chosen<T extends { readonly name: string }>(what: string, names: string | undefined, all: readonly T[]): T[] {
  if (names === undefined) return [...all];
  return names.split(',').map((name) => {
    const found = all.find((one) => one.name === name);
    if (found !== undefined) return found;
    throw new Error(`no ${what} is called "${name}"; there are ${all.map((one) => one.name).join(', ')}`);
  });
}

function count(flag: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`--${flag} takes a whole number above 0, not "${text}"`);
}

function usualWarmUp(seconds: number): number {
  return Math.ceil(seconds / 2);
}

function readOptions(): Options | undefined {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      scenario: { type: 'string' },
      peers: { type: 'string' },
      starts: { type: 'string', default: '1' },
      'warm-up': { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      calm: { type: 'boolean', default: false },
      save: { type: 'boolean' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const seconds = count('seconds', values.seconds ?? (values.quick ? '2' : '5'));
  return {
    scenarios: chosen('scenario', values.scenario, scenarios),
    peers: chosen('peer', values.peers, everyone),
    starts: count('starts', values.starts),
    rounds: count('rounds', values.rounds ?? (values.quick ? '1' : '5')),
    seconds,
    warmUpSeconds: count('warm-up', values['warm-up'] ?? String(usualWarmUp(seconds))),
    calm: values.calm,
    saves: values.save ?? !values.quick,
  };
}

/** Leaves out who is not installed, and says how to get them: the bench itself installs nothing. */
function installed(peers: readonly Contestant[]): Contestant[] {
  return peers.filter((contestant) => {
    const here = contestant.version() !== undefined;
    if (!here) console.error(`${contestant.name} is missing and is left out: ${contestant.remedy}`);
    return here;
  });
}

async function ask(scenario: Scenario, options: Options): Promise<Result> {
  const plan: MatchPlan = { ...options, say: (line) => console.error(line) };
  await using match = new Match(scenario, plan);
  const { rows, origin, notes } = await match.play(installed(options.peers));
  return {
    scenario: scenario.name,
    title: scenario.title,
    unit: scenario.unit,
    date: new Date().toISOString().slice(0, 10),
    command: commandLine(scenario, options),
    origin,
    seconds: options.seconds,
    machine: machineFacts(),
    rows,
    notes,
    excluded: match.excluded,
  };
}

function commandLine({ name }: Scenario, { starts, warmUpSeconds, rounds, seconds, calm }: Options): string {
  const warmUp = warmUpSeconds === usualWarmUp(seconds) ? '' : ` --warm-up ${warmUpSeconds}`;
  const started = starts === 1 ? '' : ` --starts ${starts}`;
  return `npm run bench -- --scenario ${name}${started}${warmUp} --rounds ${rounds} --seconds ${seconds}${calm ? ' --calm' : ''}`;
}

function save(result: Result): void {
  const directory = new URL('./results/', import.meta.url);
  mkdirSync(directory, { recursive: true });
  writeFileSync(new URL(`${result.date}-${result.scenario}.json`, directory), `${JSON.stringify(result, null, 1)}\n`);
}

async function main(): Promise<void> {
  const options = readOptions();
  if (options === undefined) {
    console.log(HELP);
    return;
  }
  if (versionOf('wrk', '-v') === undefined) throw new Error('wrk is missing: apt-get install wrk');
  if (versionOf('taskset', '-V') === undefined) throw new Error('taskset is missing: apt-get install util-linux');
  for (const scenario of options.scenarios) {
    console.error(`${scenario.name}: ${scenario.title}`);
    const result = await ask(scenario, options);
    if (options.saves) save(result);
    console.log(`\n### ${result.title}\n\n${resultTable(result)}\n`);
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
