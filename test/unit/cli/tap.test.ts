import { expect, test } from 'vitest';
import { requestLine, tapPath } from '../../../src/cli/tap-command.ts';

const none = { errors: false };
const request = {
  atMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  method: 'GET',
  path: '/api/42',
  upstream: 'orders',
  status: 200,
  durationMs: 12.34,
  attempts: 1,
  instance: 'node/orders-1',
};

test('asks the sidecar to filter', () => {
  expect(tapPath(undefined, none)).toBe('/events?kinds=request');
  const flags = { status: '5xx', method: 'post', minDuration: '1.5s', errors: true };
  expect(tapPath('v2.orders@dc2', flags)).toBe(
    '/events?kinds=request&upstream=v2.orders%40dc2&status=5xx&method=POST&minMs=1500&errors=',
  );
});

test('a request fits a line of 80 characters', () => {
  expect(requestLine(request)).toBe('03:04:05.006 200    12.3 ms GET    orders       /api/42 → node/orders-1\n');
});

test('tells of failures, further attempts, and what was left out', () => {
  const { status: _, ...unanswered } = request;
  const line = requestLine({ ...unanswered, error: 'connect_failed', attempts: 2, skipped: 7 });
  expect(line).toContain(' --- ');
  expect(line).toContain('connect_failed 2 attempts');
  expect(line).toContain('(7 not shown before)');
});

test('what a caller typed cannot forge a line', () => {
  expect(requestLine({ ...request, path: '/a\n\u001b[2J' }).match(/\p{Cc}/gu)).toEqual(['\n']);
});
