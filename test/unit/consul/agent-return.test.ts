import { beforeEach, describe, expect, it } from 'vitest';
import { AgentReturn } from '../../../src/consul/agent-return.ts';
import { ConsulError } from '../../../src/consul/consul-error.ts';
import { indexed, reply, scriptedClient } from '../../support/consul-transport.ts';
import { FakeClock } from '../../support/fake-clock.ts';

let clock: FakeClock;
let there: boolean;
let asked: number;
let agentReturn: AgentReturn;

beforeEach(() => {
  clock = new FakeClock();
  there = false;
  asked = 0;
  agentReturn = new AgentReturn({
    clock,
    random: () => 0.5,
    isThere: async () => {
      asked += 1;
      return there;
    },
  });
});

/** Sleeps, and notes when it ended. */
function sleeper(forMs: number, signal = new AbortController().signal): { endedMs: number | undefined } {
  const startedMs = clock.nowMs();
  const state: { endedMs: number | undefined } = { endedMs: undefined };
  const note = () => {
    state.endedMs = clock.nowMs() - startedMs;
  };
  agentReturn.sleep(forMs, signal).then(note, note);
  return state;
}

describe('the wait after a failure', () => {
  it('ends within 0.7 s of the agent’s return, for all, by two questions a second', async () => {
    const sleepers = Array.from({ length: 50 }, () => sleeper(10_000));
    await clock.advance(3_700);
    expect(asked).toBe(8);
    there = true;
    await clock.advance(600);
    expect(sleepers.map(({ endedMs }) => endedMs)).toEqual(Array(50).fill(4_100));
    expect(clock.pending).toBe(0);
  });

  it('says whether the agent is there again', async () => {
    const { signal } = new AbortController();
    const back = agentReturn.sleep(10_000, signal);
    await clock.advance(1_000);
    there = true;
    await clock.advance(1_000);
    expect(await back).toBe(true);
    const never = agentReturn.sleep(10_000, signal);
    await clock.advance(20_000);
    expect(await never).toBe(false);
    const short = agentReturn.sleep(300, signal);
    await clock.advance(300);
    expect(await short).toBe(false);
  });

  it('lasts its whole time when the agent was there all along', async () => {
    there = true;
    const state = sleeper(10_000);
    await clock.advance(20_000);
    expect(state.endedMs).toBe(10_000);
    expect(asked).toBe(1);
  });

  it('goes on while the agent stays away, as it would only fail again, but at most half a minute', async () => {
    const state = sleeper(4_500);
    await clock.advance(20_000);
    expect(state.endedMs).toBeUndefined();
    await clock.advance(10_000);
    expect(state.endedMs).toBe(30_000);
    expect(clock.pending).toBe(0);
  });

  it('does not go on for an answer that does not come', async () => {
    const hanging = new AgentReturn({
      clock,
      random: () => 0.5,
      isThere: () => (asked++ < 3 ? Promise.resolve(false) : new Promise(() => {})),
    });
    let endedMs: number | undefined;
    const startedMs = clock.nowMs();
    void hanging.sleep(1_200, new AbortController().signal).then(() => {
      endedMs = clock.nowMs() - startedMs;
    });
    await clock.advance(10_000);
    expect(endedMs).toBe(3_200);
  });

  it('goes on until the agent is back, if that is sooner', async () => {
    const state = sleeper(4_500);
    await clock.advance(9_900);
    there = true;
    await clock.advance(1_000);
    expect(state.endedMs).toBe(10_100);
    expect(clock.pending).toBe(0);
  });

  it('asks nothing when it is short', async () => {
    const state = sleeper(450);
    await clock.advance(5_000);
    expect([state.endedMs, asked]).toEqual([450, 0]);
  });

  it('ends at once when it is aborted, and so does the asking', async () => {
    const abort = new AbortController();
    const state = sleeper(10_000, abort.signal);
    await clock.advance(1_500);
    abort.abort();
    await clock.advance(0);
    expect(state.endedMs).toBe(1_500);
    expect(clock.pending).toBe(0);
    await clock.advance(5_000);
    expect(asked).toBe(4);
  });
});

describe('watches of a client', () => {
  it('are right again within a second of the agent’s return, after any outage', async () => {
    let up = true;
    const down = new ConsulError({ kind: 'Unreachable', method: 'GET', path: '/', problem: 'down' });
    const scripted = scriptedClient((request) => {
      if (!up) return down;
      if (request.path === '/v1/status/leader') return reply(200, '"leader"');
      return new URLSearchParams(request.query).has('index') ? 'hang' : indexed(1, []);
    });
    const { client, transport } = scripted;
    const abort = new AbortController();
    const confirmed: number[] = [];
    const watches = Array.from({ length: 20 }, async (_, n) => {
      const observer = { confirmed: () => void confirmed.push(n) };
      for await (const _answer of client.health.watchService(`s${n}`, {
        signal: abort.signal,
        observer,
        waitMs: 1_000,
      }));
    });
    up = false;
    await scripted.clock.advance(600_000);
    const looks = transport.requests.filter((request) => request.path === '/v1/status/leader').length;
    expect(looks).toBeLessThanOrEqual(1_200);
    expect(confirmed).toEqual([]);
    up = true;
    await scripted.clock.advance(1_000);
    expect(new Set(confirmed).size).toBe(20);
    abort.abort();
    await Promise.all(watches);
    await client.close();
  });

  it('are right soon even if the agent fails once more after its return', async () => {
    let state: 'up' | 'down' | 'failing' = 'up';
    const down = new ConsulError({ kind: 'Unreachable', method: 'GET', path: '/', problem: 'down' });
    const scripted = scriptedClient((request) => {
      if (state === 'down') return down;
      if (request.path === '/v1/status/leader') return reply(200, '"leader"');
      if (state === 'failing') return reply(500, 'No cluster leader');
      return new URLSearchParams(request.query).has('index') ? 'hang' : indexed(1, []);
    });
    const { client, clock: time } = scripted;
    const abort = new AbortController();
    let confirmed = 0;
    const watching = (async () => {
      const observer = {
        confirmed() {
          confirmed += 1;
        },
      };
      for await (const _answer of client.health.watchService('web', { signal: abort.signal, observer, waitMs: 1_000 }));
    })();
    state = 'down';
    await time.advance(600_000);
    state = 'failing';
    await time.advance(800);
    state = 'up';
    expect(confirmed).toBe(0);
    await time.advance(1_000);
    expect(confirmed).toBeGreaterThan(0);
    abort.abort();
    await watching;
    await client.close();
  });
});
