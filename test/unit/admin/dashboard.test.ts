import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ChangedRows } from '../../../src/admin/dashboard/changed-rows.ts';
import { ago, milliseconds, percent, rate } from '../../../src/admin/dashboard/client/words.ts';
import { dashboardRoutes } from '../../../src/admin/dashboard/dashboard-routes.ts';
import { eventRow, InstanceRates } from '../../../src/admin/dashboard/live-rows.ts';
import { STYLE } from '../../../src/admin/dashboard/style.ts';

test('a viewer is told of a row once, then of its changes, then that it is gone', () => {
  const rows = new ChangedRows<{ readonly id: string; readonly load: number }>(({ id }) => id);
  const [a, b] = [
    { id: 'a', load: 1 },
    { id: 'b', load: 1 },
  ] as const;
  expect(rows.next([a, b])).toEqual({ changed: [a, b], gone: [] });
  expect(rows.next([{ ...a }, { ...b, load: 2 }])).toEqual({ changed: [{ id: 'b', load: 2 }], gone: [] });
  expect(rows.next([a])).toEqual({ changed: [], gone: ['b'] });
  expect(rows.next([a])).toEqual({ changed: [], gone: [] });
  expect(rows.next([a, b])).toEqual({ changed: [b], gone: [] });
});

test('the rate of an instance is that of the last looks, and none at the first', () => {
  const rates = new InstanceRates();
  expect(rates.next(new Map([['a', 1000]]), 0).get('a')).toBe(0);
  let rate = 0;
  for (let second = 1; second <= 30; second++)
    rate = rates.next(new Map([['a', 1000 + second * 50]]), second * 1000).get('a') ?? 0;
  expect(rate).toBe(50);
  expect(rates.next(new Map(), 31_000).size).toBe(0);
});

test('an event is a line of its message and its facts', () => {
  const data = {
    level: 'warn',
    message: 'instance ejected',
    upstream: 'orders',
    added: ['a:1', 'b:2'],
    gone: undefined,
  };
  expect(eventRow({ kind: 'ejected', atMs: 5, data })).toEqual({
    kind: 'ejected',
    at: 5,
    level: 'warn',
    text: 'instance ejected · upstream orders · added a:1, b:2',
  });
});

test('numbers are said as people say them', () => {
  expect([undefined, 0.42, 12.3, 1234].map(milliseconds)).toEqual(['–', '0.4 ms', '12 ms', '1.2 s']);
  expect([0, 0.003, 0.12, 1].map(percent)).toEqual(['0 %', '0.3 %', '12 %', '100 %']);
  expect([0, 0.44, 12.4, 1204].map(rate)).toEqual(['0', '0.4', '12', '1,204']);
  const now = 1_000_000_000;
  const agoOf = (seconds: number) => ago(now - seconds * 1000, now);
  expect([0, 12, 180, 7200, 400_000].map(agoOf)).toEqual(['now', '12 s', '3 min', '2 h', '5 d']);
});

test('the page forbids what is inline or from elsewhere, and has neither', async () => {
  const answer = await dashboardRoutes().request('/');
  const text = await answer.text();
  const policy = answer.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain('unsafe');
  expect(text).not.toMatch(/ style=| on[a-z]+="|<style|https?:\/\//);
  expect(text.match(/<script[^>]*>(.*?)<\/script>/s)?.[1]).toBe('');
  expect(STYLE).not.toMatch(/url\(|@import/);
});

test('serves its own modules as JavaScript, and nothing beside them', async () => {
  const routes = dashboardRoutes();
  const answer = await routes.request('/dashboard/words.ts');
  expect(answer.headers.get('content-type')).toContain('text/javascript');
  const code = await answer.text();
  expect(code).toContain('export function milliseconds');
  expect(code).not.toContain(': string');
  for (const path of ['/dashboard/..%2fpage.ts', '/dashboard/page.ts', '/dashboard/none.ts', '/dashboard/words.js'])
    expect((await routes.request(path)).status, path).toBe(404);
});

test('every module is of a kind whose types can be taken out, and imports only its own', () => {
  const main = readFileSync('src/admin/dashboard/client/main.ts', 'utf8');
  for (const [, from] of main.matchAll(/^import (?!type).* from '(.*)';$/gm)) expect(from).toMatch(/^\.\/[a-z-]+\.ts$/);
});
