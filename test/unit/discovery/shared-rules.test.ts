import { expect, it } from 'vitest';
import { SharedRules } from '../../../src/discovery/shared-rules.ts';
import type { TrafficPlan, TrafficPlanSource } from '../../../src/upstream/traffic-plan.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const PLAN: TrafficPlan = { routes: [] };

/** Tells `plans` in turn, one at each call of `tell`. */
class ScriptedRules implements TrafficPlanSource {
  watches = 0;
  open = 0;
  #tell: (plan: TrafficPlan | undefined) => void = () => undefined;

  tell(plan: TrafficPlan | undefined): void {
    this.#tell(plan);
  }

  async *watch(_service: string, signal: AbortSignal): AsyncIterable<TrafficPlan | undefined> {
    this.watches += 1;
    this.open += 1;
    try {
      for (;;) {
        const plan = await new Promise<TrafficPlan | undefined | 'over'>((resolve) => {
          this.#tell = resolve;
          signal.addEventListener('abort', () => resolve('over'), { once: true });
        });
        if (plan === 'over') return;
        yield plan;
      }
    } finally {
      this.open -= 1;
    }
  }
}

function follower(rules: SharedRules, service: string) {
  const ended = new AbortController();
  const heard: (TrafficPlan | undefined)[] = [];
  const running = (async () => {
    for await (const plan of rules.watch(service, ended.signal)) heard.push(plan);
  })();
  const end = (): Promise<void> => {
    ended.abort();
    return running;
  };
  return { heard, end };
}

it('asks once for all who follow the same service, and tells all of them', async () => {
  const source = new ScriptedRules();
  const rules = new SharedRules(source);
  const [one, two] = [follower(rules, 'web'), follower(rules, 'web')];
  await turn();
  expect(source.watches).toBe(1);
  source.tell(PLAN);
  await turn();
  source.tell(undefined);
  await turn();
  expect([one.heard, two.heard]).toEqual([
    [PLAN, undefined],
    [PLAN, undefined],
  ]);
  await Promise.all([one.end(), two.end()]);
});

it('tells a later one at once what is known, also that there are no rules', async () => {
  const source = new ScriptedRules();
  const rules = new SharedRules(source);
  const one = follower(rules, 'web');
  await turn();
  source.tell(undefined);
  await turn();
  const two = follower(rules, 'web');
  await turn();
  expect(two.heard).toEqual([undefined]);
  await Promise.all([one.end(), two.end()]);
});

it('asks for each service apart, ends a watch with its last follower, and begins anew after that', async () => {
  const source = new ScriptedRules();
  const rules = new SharedRules(source);
  const [one, two, other] = [follower(rules, 'web'), follower(rules, 'web'), follower(rules, 'shop')];
  await turn();
  expect(source.open).toBe(2);
  await one.end();
  expect(source.open).toBe(2);
  await two.end();
  expect(source.open).toBe(1);
  const again = follower(rules, 'web');
  await turn();
  expect(source.watches).toBe(3);
  await Promise.all([again.end(), other.end()]);
  expect(source.open).toBe(0);
});
