import { describe, expect, it } from 'vitest';
import { MarathonMeter } from '../../../src/app/marathon/marathon-meter.ts';
import { parseMarathonAddress } from '../../../src/marathon/marathon-address.ts';
import type { MarathonReply, MarathonWire } from '../../../src/marathon/marathon-wire.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const ONE = parseMarathonAddress('http://one:8080');
const OTHER = parseMarathonAddress('http://other:8080');

function meterWith(addresses: number) {
  let next: number | Error = 200;
  const answer = async (): Promise<MarathonReply> => {
    if (next instanceof Error) throw next;
    return { address: ONE, status: next, headers: new Map(), body: Buffer.alloc(0) };
  };
  const inner: MarathonWire = { send: answer, open: answer, close: async () => undefined };
  const meter = new MarathonMeter(addresses, new FakeClock());
  const wire = meter.around(inner);
  return {
    meter,
    /** Sends a request that is answered so. */
    async ask(address: typeof ONE, outcome: number | Error, signal?: AbortSignal): Promise<void> {
      next = outcome;
      await wire.send(address, { method: 'GET', path: '/v2/apps', headers: {}, signal }).catch(() => undefined);
    },
  };
}

describe('the link to Marathon', () => {
  it('is not known before anything was asked', () => {
    expect(meterWith(1).meter.link).toEqual({ isReachable: undefined, sinceWallMs: undefined, error: undefined });
  });

  it('is there as long as one address answers, whatever it says below 500', async () => {
    const { meter, ask } = meterWith(2);
    await ask(ONE, new Error('refused'));
    expect(meter.link.isReachable).toBeUndefined();
    await ask(OTHER, 404);
    expect(meter.link).toMatchObject({ isReachable: true, error: undefined });
    await ask(OTHER, 503);
    expect(meter.link).toMatchObject({ isReachable: false, error: 'http://other:8080 answered 503' });
    await ask(ONE, 200);
    expect(meter.link).toMatchObject({ isReachable: true, error: undefined });
  });

  it('is not judged by what was taken back', async () => {
    const { meter, ask } = meterWith(1);
    await ask(ONE, 200);
    await ask(ONE, new Error('aborted'), AbortSignal.abort());
    expect(meter.link.isReachable).toBe(true);
  });
});
