import { describe, expect, it } from 'vitest';
import { type DrainReport, drain } from '../../../src/registration/drain.ts';
import type { TrafficMeter } from '../../../src/registration/traffic-meter.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';

class Traffic implements TrafficMeter {
  open = 0;
  begun = 0;
  active = () => this.open;
  started = () => this.begun;
}

function begin(options: { traffic?: Traffic; announce?: () => Promise<void>; leave?: () => Promise<void> } = {}) {
  const clock = new FakeClock();
  const hurry = new AbortController();
  const steps: { readonly step: string; readonly atMs: number }[] = [];
  const beganMs = clock.nowMs();
  const note = (step: string) => {
    steps.push({ step, atMs: clock.nowMs() - beganMs });
    return Promise.resolve();
  };
  let report: DrainReport | undefined;
  const drained = drain(
    {
      announce: options.announce ?? (() => note('announce')),
      leave: options.leave ?? (() => note('leave')),
      traffic: options.traffic,
      clock,
    },
    hurry.signal,
  ).then((done) => {
    report = done;
  });
  return { clock, hurry, steps, drained, report: () => report };
}

describe('a drain', () => {
  it('announces the leaving before it deregisters', async () => {
    const { clock, steps } = begin({ traffic: new Traffic() });
    await clock.advance(300);
    expect(steps).toEqual([
      { step: 'announce', atMs: 0 },
      { step: 'leave', atMs: 300 },
    ]);
  });

  it('is over a second after the last caller has left', async () => {
    const traffic = new Traffic();
    const { clock, report } = begin({ traffic });
    for (let turn = 0; turn < 20; turn++) {
      traffic.begun += 1;
      await clock.advance(100);
    }
    expect(report()).toBeUndefined();
    await clock.advance(900);
    expect(report()).toBeUndefined();
    await clock.advance(200);
    expect(report()).toMatchObject({ endedBy: 'quiet', served: 20, failures: [] });
  });

  it('waits for a request under way, though no other begins', async () => {
    const traffic = new Traffic();
    traffic.open = 1;
    const { clock, report } = begin({ traffic });
    await clock.advance(5000);
    expect(report()).toBeUndefined();
    traffic.open = 0;
    await clock.advance(1100);
    expect(report()).toMatchObject({ endedBy: 'quiet' });
  });

  it('ends after 10 s when callers do not leave', async () => {
    const traffic = new Traffic();
    traffic.open = 1;
    const { clock, report } = begin({ traffic });
    await clock.advance(10_299);
    expect(report()).toBeUndefined();
    await clock.advance(1);
    expect(report()).toMatchObject({ endedBy: 'limit', tookMs: 10_300 });
  });

  it('waits the whole time when nobody can tell whether callers come', async () => {
    const { clock, report } = begin();
    await clock.advance(10_299);
    expect(report()).toBeUndefined();
    await clock.advance(1);
    expect(report()).toMatchObject({ endedBy: 'limit', served: 0 });
  });

  it('goes on when Consul cannot be told, and says so', async () => {
    const down = new Error('down');
    const { clock, report } = begin({
      traffic: new Traffic(),
      announce: () => Promise.reject(down),
      leave: () => Promise.reject(down),
    });
    await clock.advance(1400);
    expect(report()).toMatchObject({ endedBy: 'quiet', failures: [down, down] });
  });

  it('goes on when Consul hangs, and says so', async () => {
    const hang = () => new Promise<void>(() => undefined);
    const { clock, report } = begin({ traffic: new Traffic(), announce: hang, leave: hang });
    await clock.advance(1000 + 300 + 3000 + 1000);
    expect(report()).toMatchObject({
      endedBy: 'quiet',
      failures: [{ code: 'drain_untold' }, { code: 'drain_untold' }],
    });
    expect(clock.pending).toBe(0);
  });

  it('ends at once when hurried, with no timer left', async () => {
    const { clock, hurry, drained, report } = begin({ traffic: new Traffic() });
    await clock.advance(500);
    hurry.abort();
    await drained;
    expect(report()).toMatchObject({ endedBy: 'hurried' });
    await settle();
    expect(clock.pending).toBe(0);
  });
});
