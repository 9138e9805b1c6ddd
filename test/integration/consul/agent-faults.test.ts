import { afterEach, describe, expect, it } from 'vitest';
import { ConsulClient, type ConsulClientOptions } from '../../../src/consul/consul-client.ts';
import { ConsulError, isConsulError } from '../../../src/consul/consul-error.ts';
import { QueryBudget } from '../../../src/consul/query-budget.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { startLeaderless } from '../../support/consul-leaderless.ts';
import { consulBin, RealConsul } from '../../support/real-consul.ts';

const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

async function start(client: ConsulClientOptions = {}): Promise<{ consul: RealConsul; client: ConsulClient }> {
  const consul = await RealConsul.start();
  opened.push(consul);
  return { consul, client: connect(consul.address, client) };
}

function connect(address: string, options: ConsulClientOptions = {}): ConsulClient {
  const client = new ConsulClient({ address, ...options });
  opened.push(client);
  return client;
}

/** Follows the ports of a service; `stop` ends it. */
function follow(client: ConsulClient, service: string, consistency?: 'default') {
  const abort = new AbortController();
  const state = { ports: undefined as readonly number[] | undefined, yields: 0, failures: [] as string[] };
  const ended = (async () => {
    const observer = { failed: (error: Error) => void state.failures.push(error.message) };
    for await (const { value } of client.health.watchService(service, {
      signal: abort.signal,
      observer,
      consistency,
    })) {
      state.ports = value.map((entry) => entry.service.port).sort();
      state.yields += 1;
    }
  })();
  return {
    state,
    stop: async () => {
      abort.abort();
      await ended;
    },
  };
}

describe.skipIf(consulBin === undefined)('when the agent', () => {
  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'ends by %s and comes back with nothing, a watch is right again, though every index is lower',
    async (signal) => {
      const { consul, client } = await start();
      // A long history, so that the index before is far above the one after.
      for (let n = 0; n < 50; n++) await client.kv.put('history', String(n));
      await client.agent.register({ name: 'web', port: 1 });
      const watches = [follow(client, 'web'), follow(client, 'web', 'default')];
      const ports = () => watches.map(({ state }) => state.ports);
      await expect.poll(ports, { timeout: 5_000 }).toEqual([[1], [1]]);
      await consul.kill(signal);
      await expect.poll(() => watches.every(({ state }) => state.failures.length > 0), { timeout: 10_000 }).toBe(true);
      expect(ports()).toEqual([[1], [1]]);
      await consul.resume();
      await client.agent.register({ name: 'web', port: 2 });
      await expect.poll(ports, { timeout: 20_000 }).toEqual([[2], [2]]);
      await client.agent.register({ name: 'web', port: 3 });
      await expect.poll(ports, { timeout: 5_000 }).toEqual([[3], [3]]);
      for (const watch of watches) await watch.stop();
    },
  );

  it('is stopped for a while, a watch waits, and sees what changed after', async () => {
    const { consul, client } = await start({ waitMs: 500, timeoutMs: 1_000 });
    await client.agent.register({ name: 'web', port: 1 });
    const watch = follow(client, 'web');
    await expect.poll(() => watch.state.ports, { timeout: 5_000 }).toEqual([1]);
    consul.signal('SIGSTOP');
    // The process may still finish an answer or two before it stops.
    const outcome = () =>
      client.agent.self().then(
        () => 'answered',
        (error: unknown) => (error instanceof ConsulError ? error.kind : String(error)),
      );
    await expect.poll(outcome, { timeout: 10_000 }).toBe('TimedOut');
    expect(watch.state.ports).toEqual([1]);
    consul.signal('SIGCONT');
    await client.agent.register({ name: 'web', port: 2 });
    await expect.poll(() => watch.state.ports, { timeout: 20_000 }).toEqual([2]);
    await watch.stop();
  });

  it('tells of 400 changes in a burst, a watch asks a few times only, and ends with the last one', async () => {
    const budget = new QueryBudget({ clock: systemClock, pollsPerSecond: 1_000, burst: 1_000 });
    const { client } = await start({ budget });
    const check = { id: 'flapping', probe: { kind: 'ttl', ttlMs: 600_000 } } as const;
    await client.agent.register({ name: 'web', port: 1, checks: [check] });
    const watch = follow(client, 'web');
    await expect.poll(() => watch.state.yields, { timeout: 5_000 }).toBe(1);
    const asked = () => (budget.spent.get('poll') ?? 0) + (budget.spent.get('read') ?? 0);
    const [before, startedMs] = [asked(), performance.now()];
    for (let n = 0; n < 400; n++) await client.agent.checks.update('flapping', n % 2 === 0 ? 'passing' : 'critical');
    await client.agent.register({ name: 'web', port: 2, checks: [check] });
    await expect.poll(() => watch.state.ports, { timeout: 5_000 }).toEqual([2]);
    const allowed = 2 + Math.ceil((performance.now() - startedMs) / 50);
    expect(asked() - before).toBeLessThanOrEqual(allowed);
    await watch.stop();
  });

  it('has no leader, reads say so, while a registration is accepted all the same', async () => {
    const agent = await startLeaderless();
    opened.push(agent);
    const client = connect(agent.address);
    expect(await client.status.leader()).toBe(undefined);
    const noLeader = (read: Promise<unknown>) =>
      expect(read).rejects.toSatisfy((error) => isConsulError(error, 'NoLeader'));
    await Promise.all([
      noLeader(client.health.service('web')),
      noLeader(client.health.service('web', { consistency: 'stale' })),
      noLeader(client.kv.get('a')),
    ]);
    const started = client.agent.register({ name: 'web', port: 1 });
    await expect(started).resolves.toBe(undefined);
    expect((await client.agent.services()).has('web')).toBe(true);
  });
});

describe.skipIf(consulBin === undefined)('a lock on a real agent', () => {
  it('is lost when its session is destroyed by somebody else', async () => {
    const { client } = await start();
    const lock = await client.lock('jobs/nightly', { value: 'me', lockDelayMs: 0 });
    await client.session.destroy(lock.session);
    await expect.poll(() => lock.lost.aborted, { timeout: 10_000 }).toBe(true);
    expect(await lock.release()).toBe(false);
  });

  it('goes from one leader to the next, one at a time', async () => {
    const { client } = await start();
    let leading = 0;
    const terms: number[] = [];
    const run = (name: number) =>
      client.runAsLeader(
        'office',
        async () => {
          leading += 1;
          expect(leading).toBe(1);
          terms.push(name);
          await client.kv.put(`term/${name}`, 'x');
          leading -= 1;
        },
        { lockDelayMs: 0 },
      );
    await Promise.all([1, 2, 3, 4].map(run));
    expect(terms.sort()).toEqual([1, 2, 3, 4]);
    expect((await client.session.list()).value).toEqual([]);
  });
});
