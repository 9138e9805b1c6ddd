import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { EXIT } from '../../src/cli/exit-code.ts';
import { errorResponse, type ProxyErrorCode } from '../../src/proxy/proxy-error.ts';

const page = readFileSync('docs/errors.md', 'utf8');
const documented = new Set([...page.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, code]) => code));

it('every error code in the source has a row, and every row a code in the source', () => {
  const source = globSync('src/**/*.ts').map((file) => readFileSync(file, 'utf8'));
  const inObjects = source.flatMap((text) => [...text.matchAll(/\bcode: '([a-z_]+)'/g)].map(([, code]) => code ?? ''));
  const ofServers = source.flatMap((text) =>
    [...text.matchAll(/^ {2}[A-Z]\w+: '((?:consul|marathon)_[a-z_]+)',$/gm)].map(([, code]) => code ?? ''),
  );
  const table = /const rows[^=]*= \{([\s\S]*?)\n\};/.exec(readFileSync('src/proxy/proxy-error.ts', 'utf8'))?.[1] ?? '';
  const proxy = [...table.matchAll(/^ {2}([a-z_]+):/gm)].map(([, code]) => code ?? '');
  const used = new Set([...inObjects, ...ofServers, ...proxy]);
  expect(proxy.length).toBeGreaterThan(20);
  expect([...used].filter((code) => !documented.has(code))).toEqual([]);
  expect([...documented].filter((code) => !used.has(code ?? ''))).toEqual([]);
});

it('status and Proxy-Status of each answer are as the page says', () => {
  const rows = [...page.matchAll(/^\| `([a-z_]+)` \| (\d{3}) \| `([a-z_]+)` \|/gm)];
  expect(rows.length).toBeGreaterThan(20);
  for (const [, code, status, proxyStatus] of rows) {
    const answer = errorResponse({ code: code as ProxyErrorCode, reason: '', isHead: false, closes: false, nowMs: 0 });
    expect(answer, code).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer, code).toContain(`Proxy-Status: pilotfish; error=${proxyStatus}\r\n`);
  }
});

it('every exit code has a row', () => {
  const rows = [...page.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
  expect(rows).toEqual(Object.values(EXIT));
});
