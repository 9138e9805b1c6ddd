import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { adminApp } from '../../../src/admin/admin-app.ts';
import type { AdminParts } from '../../../src/admin/admin-parts.ts';
import { EventFeed } from '../../../src/admin/event-feed.ts';
import { RequestFeed } from '../../../src/admin/request-feed.ts';
import type { KvView } from '../../../src/kv-config/kv-view.ts';

/** Files of the page; nobody asks for them by hand. */
const PAGE_FILES = /^\/dashboard\//;

/** Parts of which nothing is asked: only what can be called matters. */
const parts = {
  allowedHosts: [],
  events: new EventFeed(),
  requests: new RequestFeed(() => 0),
  kv: {} as KvView,
} as unknown as AdminParts;

test('docs/admin-api.md has a row for everything that can be called, and no other', () => {
  const docs = readFileSync('docs/admin-api.md', 'utf8');
  const documented = [...docs.matchAll(/^\| ((?:`[A-Z/]+ \/[^`]*`[ ·]*)+) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([A-Z/]+) ([^`]*)`/g)].flatMap(([, methods = '', path = '']) =>
      methods.split('/').map((method) => `${method} ${path}`),
    ),
  );
  const callable = adminApp(parts)
    .routes.filter(({ method, path }) => method !== 'ALL' && !path.endsWith('*') && !PAGE_FILES.test(path))
    .map(
      ({ method, path }) =>
        `${method} ${path.replace(/:([a-z]+)(?:\{.*?\})?/g, (_, name: string) => name.toUpperCase())}`,
    );
  expect(documented.sort()).toEqual([...new Set(callable)].sort());
});
