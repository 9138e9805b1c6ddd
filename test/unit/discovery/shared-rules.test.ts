import { expect, it } from 'vitest';
import { SharedRules } from '../../../src/discovery/shared-rules.ts';
import type { TrafficPlan, TrafficPlanSource } from '../../../src/upstream/traffic-plan.ts';

const PLAN: TrafficPlan = { routes: [] };

/** Tells what the test says to whoever followed last. */
class ScriptedRules implements TrafficPlanSource {
  asked = 0;
  open = 0;
  tell: (plan: TrafficPlan | undefined) => void = () => undefined;

  follow(_service: string, tell: (plan: TrafficPlan | undefined) => void): () => Promise<void> {
    this.asked += 1;
    this.open += 1;
    this.tell = tell;
    return async () => {
      this.open -= 1;
    };
  }
}

function follower(rules: SharedRules, service: string) {
  const heard: (TrafficPlan | undefined)[] = [];
  const end = rules.follow(service, (plan) => heard.push(plan));
  return { heard, end };
}

it('asks once for all who follow the same service, and tells all of them', () => {
  const source = new ScriptedRules();
  const rules = new SharedRules(source);
  const [one, two] = [follower(rules, 'web'), follower(rules, 'web')];
  expect(source.asked).toBe(1);
  source.tell(PLAN);
  source.tell(undefined);
  expect([one.heard, two.heard]).toEqual([
    [PLAN, undefined],
    [PLAN, undefined],
  ]);
});

it('tells a later one at once what is known, also that there are no rules', () => {
  const source = new ScriptedRules();
  const rules = new SharedRules(source);
  follower(rules, 'web');
  source.tell(undefined);
  const two = follower(rules, 'web');
  expect(two.heard).toEqual([undefined]);
});

it('asks for each service apart, no longer than its last follower, and begins anew after that', async () => {
  const source = new ScriptedRules();
  const rules = new SharedRules(source);
  const [one, two, other] = [follower(rules, 'web'), follower(rules, 'web'), follower(rules, 'shop')];
  expect(source.open).toBe(2);
  await one.end();
  expect(source.open).toBe(2);
  const told = source.tell;
  await two.end();
  told(PLAN);
  expect([...one.heard, ...two.heard]).toEqual([]);
  expect(source.open).toBe(1);
  const again = follower(rules, 'web');
  expect(source.asked).toBe(3);
  await Promise.all([again.end(), other.end()]);
  expect(source.open).toBe(0);
});
