import { expect, test } from 'vitest';
import { type EndedRequest, RequestFeed, type RequestFilter } from '../../../src/admin/request-feed.ts';

const request: EndedRequest = {
  method: 'GET',
  path: '/api/42',
  upstream: 'orders',
  status: 200,
  error: undefined,
  durationMs: 12.3456,
  resends: 1,
  instance: 'node/orders-1',
  traceId: undefined,
};
const all: RequestFilter = {
  upstream: undefined,
  method: undefined,
  status: undefined,
  minMs: 0,
  errorsOnly: false,
};

function start(filter: Partial<RequestFilter>) {
  const time = { ms: 1_000_000 };
  const feed = new RequestFeed(() => time.ms);
  const told: Record<string, unknown>[] = [];
  const stop = feed.subscribe({ ...all, ...filter }, (_atMs, data) => void told.push(data as Record<string, unknown>));
  return { time, feed, told, stop };
}

test('tells method, path, upstream, status, time, attempts and instance', () => {
  const { feed, told } = start({});
  feed.publish(request);
  expect(told).toEqual([
    {
      method: 'GET',
      path: '/api/42',
      upstream: 'orders',
      status: 200,
      error: undefined,
      durationMs: 12.35,
      attempts: 2,
      instance: 'node/orders-1',
      traceId: undefined,
      skipped: undefined,
    },
  ]);
});

test.each<[string, Partial<RequestFilter>, Partial<EndedRequest>, boolean]>([
  ['the upstream asked for', { upstream: 'orders' }, {}, true],
  ['another upstream', { upstream: 'users' }, {}, false],
  ['no upstream', { upstream: 'users' }, { upstream: undefined }, false],
  ['the method', { method: 'POST' }, {}, false],
  ['a status', { status: '404' }, { status: 404 }, true],
  ['a class of statuses', { status: '4xx' }, { status: 404 }, true],
  ['another class', { status: '5xx' }, { status: 404 }, false],
  ['no status', { status: '5xx' }, { status: 0 }, false],
  ['one that is quick', { minMs: 100 }, {}, false],
  ['one that is slow', { minMs: 10 }, {}, true],
  ['an answer that is no error', { errorsOnly: true }, { status: 404 }, false],
  ['an answer that is one', { errorsOnly: true }, { status: 503 }, true],
  ['a failure', { errorsOnly: true }, { status: 200, error: 'answer_truncated' }, true],
])('matches by %s', (_what, filter, change, isShown) => {
  const { feed, told } = start(filter);
  feed.publish({ ...request, ...change });
  expect(told.length).toBe(isShown ? 1 : 0);
});

test('shows a bounded number a second, and says how many it left out', () => {
  const { feed, told, time } = start({});
  for (let count = 0; count < 100; count++) feed.publish(request);
  expect(told.length).toBe(25);
  time.ms += 1000;
  feed.publish(request);
  expect(told.at(-1)).toMatchObject({ skipped: 75 });
});

test('shows no secrets and no path without end', () => {
  const { feed, told } = start({});
  feed.publish({ ...request, path: `/${'x'.repeat(10_000)}` });
  expect(String(told[0]?.path).length).toBe(512);
});

test('knows when nobody watches', () => {
  const { feed, stop, told } = start({});
  expect(feed.isWatched).toBe(true);
  stop();
  expect(feed.isWatched).toBe(false);
  feed.publish(request);
  expect(told).toEqual([]);
});
