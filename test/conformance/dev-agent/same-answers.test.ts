import { describe, expect, it } from 'vitest';
import { startDevAgent } from '../../../src/dev-agent/dev-agent.ts';
import { makeScript } from '../../support/dev-agent-script.ts';
import { Target } from '../../support/dev-agent-target.ts';
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

describe.skipIf(consulBin === undefined)('the embedded registry and a real agent, given the same calls', () => {
  it.each(seeds)('answer the same, field by field (seed %i)', { timeout: 300_000 }, async (seed) => {
    await using consul = await RealConsul.start({ config: { connect: { enabled: false } } });
    await using agent = await startDevAgent({ listen: '127.0.0.1:0', node: 'node-1' });
    await settled(consul.address);
    using real = new Target(consul.address);
    using embedded = new Target(agent.address);
    const differences: unknown[] = [];
    for (const [step, call] of makeScript(seed, calls).entries()) {
      const [expected, actual] = await Promise.all([real.step(call), embedded.step(call)]);
      try {
        expect(actual).toEqual(expected);
      } catch (error) {
        differences.push({ step, call, difference: error instanceof Error ? error.message : error });
        if (differences.length >= 10) break;
      }
    }
    expect(differences).toEqual([]);
  });
});
