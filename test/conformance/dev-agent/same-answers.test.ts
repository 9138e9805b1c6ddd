import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { startDevAgent } from '../../../src/dev-agent/dev-agent.ts';
import { makeScript } from '../../support/dev-agent-script.ts';
import { type PlainAnswer, Target } from '../../support/dev-agent-target.ts';
import { consulBin, RealConsul } from '../../support/real-consul.ts';

/** `DEV_AGENT_SEEDS=1,2,3` and `DEV_AGENT_CALLS=1000` make it longer. */
const seeds = (process.env.DEV_AGENT_SEEDS ?? '1,2,3').split(',').map(Number);
const calls = Number(process.env.DEV_AGENT_CALLS ?? '200');

/** Waits until the agent has written its own node a second time, which it does a moment after it has a leader. */
async function settled(address: string): Promise<void> {
  for (;;) {
    const answer = await fetch(`${address}/v1/catalog/nodes`);
    const [node] = (await answer.json()) as { CreateIndex: number; ModifyIndex: number }[];
    if (node !== undefined && node.ModifyIndex > node.CreateIndex) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

interface Difference {
  readonly step: number;
  readonly call: object;
  readonly expected: PlainAnswer;
  readonly actual: PlainAnswer;
}

async function differencesOf(seed: number): Promise<readonly Difference[]> {
  // Connect is a part of Consul that the embedded registry does not have.
  await using consul = await RealConsul.start({ config: { connect: { enabled: false } } });
  await using agent = await startDevAgent({ listen: '127.0.0.1:0', node: 'node-1' });
  await settled(consul.address);
  using real = new Target(consul.address);
  using embedded = new Target(agent.address);
  const differences: Difference[] = [];
  for (const [step, call] of makeScript(seed, calls).entries()) {
    const [expected, actual] = await Promise.all([real.step(call), embedded.step(call)]);
    if (!isDeepStrictEqual(actual, expected)) differences.push({ step, call, expected, actual });
  }
  return differences;
}

describe.skipIf(consulBin === undefined)('the embedded registry and a real agent, given the same calls', () => {
  it.each(seeds)('answer the same, field by field (seed %i)', { timeout: 600_000 }, async (seed) => {
    const first = await differencesOf(seed);
    if (first.length === 0) return;
    // A real agent also writes by itself now and then, which moves an index or two: a difference counts if it comes again.
    const again = new Set((await differencesOf(seed)).map(({ step }) => step));
    for (const { step, call, expected, actual } of first.filter((difference) => again.has(difference.step))) {
      expect(actual, `step ${step}: ${JSON.stringify(call)}`).toEqual(expected);
    }
  });
});
