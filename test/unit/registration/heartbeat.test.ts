import { expect, it } from 'vitest';
import { ConsulError, type ConsulErrorKind } from '../../../src/consul/consul-error.ts';
import { Heartbeat } from '../../../src/registration/heartbeat.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** A heartbeat of a TTL of 30 s, whose second report fails; gives the seconds at which reports came. */
async function reportsAfter(kind: ConsulErrorKind): Promise<readonly number[]> {
  const clock = new FakeClock(0);
  const reportedAt: number[] = [];
  const heartbeat = new Heartbeat({
    checkId: 'service:web',
    ttlMs: 30_000,
    rise: 1,
    fall: 1,
    checks: {
      update: async (_id, _status, _report) => {
        reportedAt.push(clock.nowMs() / 1000);
        if (reportedAt.length === 2) throw new ConsulError({ kind, method: 'PUT', path: '/v1/x', problem: 'no' });
      },
    },
    probe: async () => ({ status: 'passing', output: '' }),
    isRegistered: () => true,
    clock,
    onBeat: () => {},
    onChange: () => {},
    onLost: () => {},
  });
  const abort = new AbortController();
  const running = heartbeat.run(abort.signal).catch(() => undefined);
  heartbeat.beatNow();
  await clock.advance(25_000);
  abort.abort();
  await running;
  return reportedAt;
}

it('a report that got lost is sent again after a second, so that the TTL does not run out', async () => {
  expect(await reportsAfter('Unreachable')).toEqual([0, 10, 11, 21]);
});

it('a check that the agent does not know is left to the registration, which brings it back', async () => {
  expect(await reportsAfter('NotFound')).toEqual([0, 10, 20]);
});
