import { expect, test } from 'vitest';
import { EventFeed } from '../../../src/admin/event-feed.ts';
import { EventHub } from '../../../src/app/event-hub.ts';
import { Standing } from '../../../src/app/standing.ts';
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
  const hub = new EventHub({ logger, metrics, feed, standing: new Standing(clock) });
  return { hub, metrics, feed, lines };
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
