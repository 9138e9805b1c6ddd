import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callbackUrl } from '../../../src/marathon/callback-events.ts';
import type { EventReport } from '../../../src/marathon/event-report.ts';
import type { MarathonNotice } from '../../../src/marathon/event-source.ts';
import { EventSubscription } from '../../../src/marathon/event-subscription.ts';
import { MarathonError, type MarathonErrorKind } from '../../../src/marathon/marathon-error.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';

const URL = 'http://bridge:7000/events?registration=consular';

let clock: FakeClock;
let urls: Set<string>;
let calls: string[];
let failure: MarathonErrorKind | undefined;
let notices: MarathonNotice[];
let reports: EventReport[];
let abort: AbortController;
let running: Promise<void>;

beforeEach(() => {
  clock = new FakeClock();
  urls = new Set(['http://other/']);
  calls = [];
  failure = undefined;
  notices = [];
  reports = [];
  abort = new AbortController();
});

afterEach(async () => {
  abort.abort();
  await running;
  expect(clock.pending).toBe(0);
});

async function start(): Promise<void> {
  const client = {
    async callbackUrls() {
      calls.push('GET');
      const at = { method: 'GET', url: 'http://m/v2/eventSubscriptions', problem: '4xx said so' };
      if (failure !== undefined) throw new MarathonError({ kind: failure, ...at });
      return [...urls];
    },
    async subscribe(url: string) {
      calls.push(`POST ${url}`);
      urls.add(url);
    },
  };
  const onReport = (report: EventReport) => void reports.push(report);
  const subscription = new EventSubscription({ client, callbackUrl: URL, clock, random: () => 0, onReport });
  running = subscription.run(abort.signal, (notice) => notices.push(notice));
  await settle();
}

describe('the subscription of a callback', () => {
  it('is made only if it is not there', async () => {
    urls.add(URL);
    await start();
    expect(calls).toEqual(['GET']);
    expect(notices).toHaveLength(1);
    expect(reports).toEqual([]);
  });

  it('is made, told, and followed by a comparison, since until then nothing was heard', async () => {
    await start();
    expect(calls).toEqual(['GET', `POST ${URL}`]);
    expect(reports).toEqual([{ kind: 'subscribed', callbackUrl: URL }]);
    expect(notices).toEqual([{ kind: 'resync', way: 'callback', why: 'Marathon has the callback now' }]);
  });

  it('is looked after every minute, and made again when Marathon lost it', async () => {
    await start();
    await clock.advance(60_000);
    expect(calls).toEqual(['GET', `POST ${URL}`, 'GET']);
    expect(notices).toHaveLength(1);
    urls.clear();
    await clock.advance(60_000);
    expect(calls.slice(3)).toEqual(['GET', `POST ${URL}`]);
    expect(notices).toHaveLength(2);
  });

  it.each<MarathonErrorKind>(['NotFound', 'BadRequest'])(
    'at a Marathon without callbacks (%s) says what to use instead',
    async (kind) => {
      failure = kind;
      await start();
      expect(reports).toMatchObject([{ kind: 'subscription_failed', retryInMs: 600_000 }]);
      const [report] = reports;
      expect(report?.kind === 'subscription_failed' ? report.error.message : '').toBe(
        'GET http://m/v2/eventSubscriptions: 4xx said so; this Marathon sends no callbacks (1.5 removed them): use --events sse',
      );
      expect(notices).toEqual([]);
      failure = undefined;
      await clock.advance(600_000);
      expect(urls).toContain(URL);
    },
  );

  it('is tried again, with pauses of at most a minute, until it succeeds', async () => {
    failure = 'Unreachable';
    await start();
    await clock.advance(1_000 + 2_000 + 4_000);
    expect(calls).toHaveLength(4);
    failure = undefined;
    await clock.advance(60_000);
    expect(urls).toContain(URL);
  });
});

describe("a callback's URL", () => {
  it('is as that of Consular', () => {
    expect(callbackUrl({ scheme: 'http', host: 'bridge', port: 7000 }, 'consular')).toBe(URL);
  });

  it('has odd characters of the id encoded, and IPv6 in brackets', () => {
    expect(callbackUrl({ scheme: 'https', host: '::1', port: 7000 }, 'a b&c')).toBe(
      'https://[::1]:7000/events?registration=a%20b%26c',
    );
  });
});
