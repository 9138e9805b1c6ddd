import { describe, expect, test } from 'vitest';
import { EventFeed } from '../../../src/admin/event-feed.ts';
import { EventHub } from '../../../src/app/event-hub.ts';
import { Standing } from '../../../src/app/standing.ts';
import { CodedError } from '../../../src/runtime/coded-error.ts';
import { Logger } from '../../../src/telemetry/logger.ts';
import { pilotfishMetrics } from '../../../src/telemetry/pilotfish-metrics.ts';
import { Registry } from '../../../src/telemetry/registry.ts';
import type { UpstreamTable } from '../../../src/upstream/upstream-table.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function start() {
  const clock = new FakeClock();
  const lines: string[] = [];
  const metrics = pilotfishMetrics(new Registry());
  const feed = new EventFeed();
  const logger = new Logger({ writer: { dropped: 0, push: (line) => lines.push(line) > 0 }, clock });
  const hub = new EventHub({ logger, metrics, feed, standing: new Standing(clock), clock });
  return { hub, metrics, feed, lines, clock };
}

test('counts a held shrink for every upstream with that query, tells the log and the feed', () => {
  const { hub, metrics, feed, lines } = start();
  const query = { service: 'orders' };
  const upstreams = {
    list: () => [
      { key: 'orders', settings: { query: { service: 'orders' } } },
      { key: 'v2.orders', settings: { query: { service: 'orders', tag: 'v2' } } },
    ],
  } as unknown as UpstreamTable;
  hub.discovery({ kind: 'shrink_held', query, held: ['a', 'b'], of: 3 }, upstreams);
  expect(metrics.shrinksHeld.bind('orders').value).toBe(1);
  expect(metrics.shrinksHeld.bind('v2.orders').value).toBe(0);
  expect(lines.length).toBe(1);
  expect(feed.recent).toMatchObject([{ kind: 'shrink_held', data: { level: 'warn', of: 3 } }]);
});

test('counts registrations, and shows errors by their words', () => {
  const { hub, metrics, feed } = start();
  hub.registration({ kind: 'registered', id: 'a', because: 'start' });
  hub.registration({ kind: 'registered', id: 'a', because: 'lost' });
  hub.registration({ kind: 'deregistered', id: 'a' });
  expect(metrics.registrations.bind('registered').value).toBe(2);
  expect(metrics.registrations.bind('deregistered').value).toBe(1);
  expect(feed.recent.length).toBe(3);
});

describe('trouble with the catalog', () => {
  const failure = (code: string) => ({
    kind: 'watch-failed' as const,
    datacenter: undefined,
    error: new CodedError(`GET /v1/health/service/orders: ${code}`, { code, side: 'internal', retryable: true }),
  });
  const link = (isReachable: boolean, lastedMs?: number) => ({
    isReachable,
    lastedMs,
    sinceWallMs: 0,
    error: isReachable ? undefined : 'connect ECONNREFUSED',
    requests: 1,
    polls: 0,
  });

  test('an outage is a line when it begins and one when it ends, however many upstreams fail meanwhile', () => {
    const { hub, feed, lines } = start();
    hub.consulLink(link(true));
    hub.consulLink(link(false));
    for (let i = 0; i < 1000; i++) hub.upstream(failure('consul_unreachable'), `svc-${i}`);
    hub.consulLink(link(true, 60_000));
    expect(lines.map((text) => JSON.parse(text))).toMatchObject([
      { level: 'warn', msg: 'Consul cannot be reached; the last views stay in use', error: 'connect ECONNREFUSED' },
      { level: 'info', msg: 'Consul is reachable', awayMs: 60_000 },
    ]);
    expect(feed.recent.map(({ kind }) => kind)).toEqual(['consul_link', 'consul_link']);
  });

  test('a link that keeps breaking is told of once a minute', async () => {
    const { hub, lines, clock } = start();
    for (let second = 0; second < 90; second++) {
      hub.consulLink(link(false));
      hub.consulLink(link(true));
      await clock.advance(1000);
    }
    expect(lines).toHaveLength(4);
  });

  test('another failure is a line for each upstream, and again when it changes or after five minutes', async () => {
    const { hub, lines, clock } = start();
    const fail = (code: string, upstream = 'orders') => hub.upstream(failure(code), upstream);
    fail('consul_permission_denied');
    fail('consul_permission_denied');
    fail('consul_permission_denied', 'payments');
    expect(lines).toHaveLength(2);
    fail('consul_bad_answer');
    expect(lines).toHaveLength(3);
    await clock.advance(299_000);
    fail('consul_bad_answer');
    expect(lines).toHaveLength(3);
    await clock.advance(1000);
    fail('consul_bad_answer');
    expect(lines).toHaveLength(4);
    hub.forget('orders');
    fail('consul_bad_answer');
    expect(lines).toHaveLength(5);
  });
});
