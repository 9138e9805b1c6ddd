import { expect, it } from 'vitest';
import { Standing } from '../../../src/app/standing.ts';
import { CodedError } from '../../../src/runtime/coded-error.ts';
import { Upstream } from '../../../src/upstream/upstream.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { testUpstreamSettings } from '../../support/test-proxy.ts';

const error = new CodedError('no', { code: 'consul_unreachable', side: 'internal', retryable: true });

it('is ready from the moment it listens until it drains', () => {
  const standing = new Standing(new FakeClock());
  expect(standing.readiness([])).toMatchObject({ ready: false, reasons: ['the proxy does not listen yet'] });
  standing.isListening = true;
  expect(standing.readiness([])).toEqual({ ready: true, stale: false, reasons: [] });
  standing.isDraining = true;
  expect(standing.readiness([])).toMatchObject({ ready: false, reasons: ['draining'] });
});

it('is stale, and still ready, from a failed question until the next answer', async () => {
  const clock = new FakeClock();
  const standing = new Standing(clock);
  standing.isListening = true;
  const upstream = new Upstream({ key: 'orders', settings: testUpstreamSettings('orders'), clock, random: () => 0 });
  upstream.apply({ origin: 'consul', endpoints: [] });
  await clock.advance(1000);
  standing.note({ kind: 'watch-failed', datacenter: undefined, error }, 'orders');
  expect(standing.readiness([upstream])).toMatchObject({
    ready: true,
    stale: true,
    reasons: [expect.stringContaining('orders')],
  });
  await clock.advance(1000);
  upstream.confirm();
  expect(standing.readiness([upstream])).toMatchObject({ ready: true, stale: false });
  upstream.close();
});
