import { describe, expect, it } from 'vitest';
import { EventFeed } from '../../../src/admin/event-feed.ts';
import { BridgeHub } from '../../../src/app/marathon/bridge-hub.ts';
import type { BridgeEvent } from '../../../src/marathon/bridge-observer.ts';
import type { MarathonEvent } from '../../../src/marathon/marathon-event.ts';
import { CodedError } from '../../../src/runtime/coded-error.ts';
import { Logger } from '../../../src/telemetry/logger.ts';
import { pilotfishMetrics } from '../../../src/telemetry/pilotfish-metrics.ts';
import { Registry } from '../../../src/telemetry/registry.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function hubWith(hasStream = true) {
  const clock = new FakeClock();
  const metrics = pilotfishMetrics(new Registry());
  const lines: { readonly level: string; readonly msg: string }[] = [];
  const writer = { push: (line: string) => lines.push(JSON.parse(line)) > 0, dropped: 0 };
  const feed = new EventFeed();
  const logger = new Logger({ writer, clock, level: 'debug' });
  return { clock, metrics, lines, feed, hub: new BridgeHub({ logger, metrics, feed, clock, hasStream }) };
}

function failure(message: string, retryable = true): CodedError {
  return new CodedError(message, { code: 'marathon_unreachable', side: 'internal', retryable });
}

function other(eventType: string): MarathonEvent {
  return { kind: 'other', eventType, timestamp: undefined };
}

const SYNC: Extract<BridgeEvent, { readonly kind: 'sync_ended' }> = {
  kind: 'sync_ended',
  scope: 'all',
  because: 'start',
  durationMs: 12,
  apps: [],
  own: 3,
};

describe('what the bridge’s parts report', () => {
  it('is counted by types that are known, and by no others', () => {
    const { hub, metrics } = hubWith();
    hub.notice({ kind: 'event', way: 'sse', event: other('status_update_event') });
    hub.notice({ kind: 'event', way: 'sse', event: other('what-a-caller-typed') });
    hub.notice({ kind: 'event', way: 'callback', event: other('another') });
    hub.eventReport({ kind: 'event_refused', way: 'callback', problem: 'not JSON' });
    expect(metrics.marathonEvents.bind('sse', 'status_update_event').value).toBe(1);
    expect(metrics.marathonEvents.bind('sse', '_OTHER').value).toBe(1);
    expect(metrics.marathonEvents.bind('callback', '_OTHER').value).toBe(1);
    expect(metrics.marathonEvents.bind('callback', '_REFUSED').value).toBe(1);
    expect(metrics.marathonEvents.size).toBe(4);
    expect(hub.received.count).toBe(3);
  });

  it('is told once while it fails in the same way, and again after it went well', () => {
    const { hub, lines } = hubWith();
    const lost = { kind: 'stream_lost', error: failure('refused'), retryInMs: 1 } as const;
    hub.eventReport(lost);
    hub.eventReport(lost);
    hub.eventReport({ ...lost, error: failure('reset') });
    hub.eventReport({ kind: 'stream_opened', origin: 'http://marathon' });
    hub.eventReport({ ...lost, error: failure('reset') });
    expect(lines.map(({ level }) => level)).toEqual(['warn', 'debug', 'warn', 'info', 'warn']);
  });

  it('is no warning when Marathon has no callbacks and an event stream', () => {
    const noCallbacks = { kind: 'subscription_failed', error: failure('404', false), retryInMs: 1 } as const;
    const { hub, lines } = hubWith(true);
    hub.eventReport(noCallbacks);
    expect(lines.map(({ level }) => level)).toEqual(['info']);
    const alone = hubWith(false);
    alone.hub.eventReport(noCallbacks);
    expect(alone.lines.map(({ level }) => level)).toEqual(['warn']);
  });

  it('shows who watches what the log says, but not its debug lines', () => {
    const { hub, feed, lines } = hubWith();
    hub.bridge({ kind: 'sync_started', scope: 'all', because: 'start' });
    hub.bridge({ kind: 'sync_failed', scope: 'all', error: new Error('Marathon is away'), retryInMs: 5 });
    expect(lines.map(({ level }) => level)).toEqual(['debug', 'warn']);
    expect(feed.recent).toMatchObject([{ kind: 'sync_failed', data: { level: 'warn', error: 'Marathon is away' } }]);
  });

  it('counts syncs by scope and outcome, and knows how long ago the last whole one was', async () => {
    const { hub, metrics, clock } = hubWith();
    expect(hub.syncAgeMs).toBeUndefined();
    hub.bridge(SYNC);
    await clock.advance(5000);
    const report = {
      appId: '/a',
      name: 'a',
      registered: 0,
      deregistered: 0,
      labelsPut: 0,
      labelsDeleted: 0,
      failures: [{ doing: 'register', on: 'a.1', error: new Error('away') }],
    } as const;
    hub.bridge({ ...SYNC, scope: ['/a'], apps: [report] });
    hub.bridge({ kind: 'sync_failed', scope: 'all', error: new Error('away'), retryInMs: 5 });
    expect(hub.syncAgeMs).toBe(5000);
    expect(metrics.marathonSyncs.bind('all', 'done').value).toBe(1);
    expect(metrics.marathonSyncs.bind('apps', 'partly').value).toBe(1);
    expect(metrics.marathonSyncs.bind('all', 'failed').value).toBe(1);
  });
});
