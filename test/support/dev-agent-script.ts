import { seededRandom } from '../../src/runtime/random.ts';
import { badRegister, catalogWrite, checks, heartbeat, lifecycle, register } from './dev-agent-script-agent.ts';
import { Chance, type Generator, type ScriptCall } from './dev-agent-script-call.ts';
import { filters, reads } from './dev-agent-script-read.ts';
import { config, events, kv, kvCas, methods, queries, sessions, transactions } from './dev-agent-script-state.ts';

const generators: readonly (readonly [weight: number, Generator])[] = [
  [8, register],
  [2, badRegister],
  [6, heartbeat],
  [3, checks],
  [3, lifecycle],
  [3, catalogWrite],
  [14, reads],
  [3, filters],
  [8, kv],
  [2, kvCas],
  [5, sessions],
  [4, transactions],
  [1, events],
  [2, config],
  [2, queries],
  [1, methods],
];

/** A script of about `length` calls, the same for the same seed. */
export function makeScript(seed: number, length: number): readonly ScriptCall[] {
  const chance = new Chance(seededRandom(seed));
  const bag = generators.flatMap(([weight, generator]) => Array.from({ length: weight }, () => generator));
  const script: ScriptCall[] = [];
  while (script.length < length) script.push(...chance.pick(bag)(chance));
  return script;
}
