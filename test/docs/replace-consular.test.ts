import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const page = readFileSync('docs/how-to/replace-consular.md', 'utf8');

it('each feature of Consular names a test that there is', () => {
  const table = /## Feature by feature, with its test\n([\s\S]*?)\n## /.exec(page)?.[1] ?? '';
  const rows = table.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| feature'));
  expect(rows.length).toBeGreaterThan(20);
  const named = rows.map((row) => [...row.matchAll(/`([a-z-]+\.test\.ts)`: “(.+?)”(?=[ ,]|$)/g)]);
  expect(rows.filter((_, index) => named[index]?.length === 0)).toEqual([]);
  const missing = named.flat().filter(([, file = '', title = '']) => {
    const sources = globSync(`test/{unit,integration}/{marathon,cli}/${file}`).map((path) =>
      readFileSync(path, 'utf8'),
    );
    return !sources.some((source) => source.includes(title));
  });
  expect(missing.map(([text]) => text)).toEqual([]);
});

it('the table of flags has every flag of the bridge', () => {
  const cli = readFileSync('docs/cli.md', 'utf8');
  const section = /### pilotfish marathon\n([\s\S]*?)\n### /.exec(cli)?.[1] ?? '';
  const flags = [...section.matchAll(/^\| `(?:-o, )?(--[a-z-]+)/gm)].map(([, flag = '']) => flag);
  expect(flags.length).toBeGreaterThan(30);
  const isThere = (flag: string) => page.includes(flag) || page.includes(`${flag.replace('--no-', '--')}/`);
  expect(flags.filter((flag) => !isThere(flag) && !isThere(flag.replace('--', '--no-')))).toEqual([]);
});
