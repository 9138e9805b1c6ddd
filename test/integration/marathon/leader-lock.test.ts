import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConsulClient } from '../../../src/consul/consul-client.ts';
import { leaderKey, runWhileLeading } from '../../../src/marathon/leader-lock.ts';
import { registryKinds, type TestRegistry } from '../../support/registries.ts';
import { until } from '../../support/until.ts';

const REGISTRATION = 'odd id/../1';

/** A bridge as far as its office goes. */
interface Candidate {
  readonly name: string;
  readonly inOffice: () => boolean;
  readonly terms: () => number;
  readonly stop: () => Promise<void>;
}

describe.each(registryKinds.filter(({ isHere }) => isHere))('two bridges with one registration id on $name', (kind) => {
  let registry: TestRegistry;
  let consul: ConsulClient;
  let candidates: Candidate[];

  beforeEach(async () => {
    registry = await kind.start();
    consul = new ConsulClient({ address: registry.address });
    candidates = [];
  });

  afterEach(async () => {
    await Promise.all(candidates.map((candidate) => candidate.stop()));
    await consul.close();
    await registry[Symbol.asyncDispose]();
  });

  function run(name: string, registrationId = REGISTRATION): Candidate {
    const abort = new AbortController();
    const own = new ConsulClient({ address: registry.address });
    let terms = 0;
    let inOffice = false;
    const lead = async (signal: AbortSignal) => {
      terms += 1;
      inOffice = true;
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      inOffice = false;
    };
    const options = { consul: own, registrationId, holder: name, onEvent: () => {}, lockDelayMs: 0 };
    const running = runWhileLeading(options, lead, abort.signal).catch((error: unknown) => {
      if (!abort.signal.aborted) throw error;
    });
    const candidate: Candidate = {
      name,
      inOffice: () => inOffice,
      terms: () => terms,
      stop: async () => {
        abort.abort();
        await running;
        await own.close();
      },
    };
    candidates.push(candidate);
    return candidate;
  }

  const leaders = () => candidates.filter((candidate) => candidate.inOffice());
  const elected = () => until('one leads', async () => (leaders().length === 1 ? leaders()[0] : undefined));

  it('elect one, whose name stands in the key, and the other takes over when it stops', async () => {
    const first = run('first');
    await until('first leads', async () => first.inOffice());
    const second = run('second');
    const { value } = await consul.kv.get(leaderKey(REGISTRATION));
    expect(value?.value.toString()).toBe('first');
    await first.stop();
    expect(first.inOffice()).toBe(false);
    expect(await elected()).toBe(second);
    expect(first.terms()).toBe(1);
  });

  it('have never both the office, and one has it again after its session was ended', async () => {
    run('first');
    run('second');
    const leader = await elected();
    const { value } = await consul.kv.get(leaderKey(REGISTRATION));
    await consul.session.destroy(value?.session ?? '');
    await until('the office is lost', async () => !leader.inOffice() || leader.terms() > 1);
    await elected();
    const terms = candidates.reduce((sum, candidate) => sum + candidate.terms(), 0);
    expect(terms).toBeGreaterThanOrEqual(2);
  });

  it('do not stand in the way of those with another id', async () => {
    const one = run('one', 'a');
    const other = run('other', 'a.b');
    await until('both lead', async () => one.inOffice() && other.inOffice());
  });
});
