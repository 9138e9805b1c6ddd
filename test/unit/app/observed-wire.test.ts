import { describe, expect, it } from 'vitest';
import { ObservedWire } from '../../../src/app/marathon/observed-wire.ts';
import { parseMarathonAddress } from '../../../src/marathon/marathon-address.ts';
import type { MarathonReply, MarathonWire } from '../../../src/marathon/marathon-wire.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const ONE = parseMarathonAddress('http://one:8080');
const OTHER = parseMarathonAddress('http://other:8080');

function wireWith(addresses: number) {
  let next: number | Error = 200;
  const answer = async (): Promise<MarathonReply> => {
    if (next instanceof Error) throw next;
    return { address: ONE, status: next, headers: new Map(), body: Buffer.alloc(0) };
  };
  const inner: MarathonWire = { send: answer, open: answer, close: async () => undefined };
  const wire = new ObservedWire(inner, addresses, new FakeClock());
  return {
    wire,
    /** Sends a request that is answered so. */
    async ask(address: typeof ONE, outcome: number | Error, signal?: AbortSignal): Promise<void> {
      next = outcome;
      await wire.send(address, { method: 'GET', path: '/v2/apps', headers: {}, signal }).catch(() => undefined);
    },
  };
}

describe('the link to Marathon', () => {
  it('is not known before anything was asked', () => {
    expect(wireWith(1).wire.link).toEqual({ isReachable: undefined, sinceWallMs: undefined, error: undefined });
  });

  it('is there as long as one address answers, whatever it says below 500', async () => {
    const { wire, ask } = wireWith(2);
    await ask(ONE, new Error('refused'));
    expect(wire.link.isReachable).toBeUndefined();
    await ask(OTHER, 404);
    expect(wire.link).toMatchObject({ isReachable: true, error: undefined });
    await ask(OTHER, 503);
    expect(wire.link).toMatchObject({ isReachable: false, error: 'http://other:8080 answered 503' });
    await ask(ONE, 200);
    expect(wire.link).toMatchObject({ isReachable: true, error: undefined });
  });

  it('is not judged by what was taken back', async () => {
    const { wire, ask } = wireWith(1);
    await ask(ONE, 200);
    await ask(ONE, new Error('aborted'), AbortSignal.abort());
    expect(wire.link.isReachable).toBe(true);
  });
});
