import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

// The rules are plain JavaScript, because dependency-cruiser reads them too.
const rules = new URL('../../.dependency-cruiser.mjs', import.meta.url).href;
const { rooms } = (await import(/* @vite-ignore */ rules)) as {
  readonly rooms: Readonly<Record<string, readonly string[]>>;
};

const page = readFileSync('docs/architecture.md', 'utf8');

it('the map names every room, and what it may import, as the rules have it', () => {
  const table = new Map<string, string>();
  for (const [, room, imports] of page.matchAll(/^\| `([a-z0-9-]+)\/` \| .* \| ([^|]+) \|$/gm)) {
    table.set(room ?? '', imports?.trim() ?? '');
  }
  const wanted = new Map(
    Object.entries(rooms).map(([room, imports]) => {
      const everyRoom = Object.keys(rooms).filter((name) => name !== 'cli' && name !== 'app');
      const isAll = everyRoom.every((name) => imports.includes(name));
      return [room, isAll ? 'all but cli' : imports.join(', ') || 'nothing'];
    }),
  );
  expect(Object.fromEntries(table)).toEqual(Object.fromEntries(wanted));
});

it('every folder of src/ is a room with rules', () => {
  const folders = readdirSync('src', { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name } of folders) expect(Object.keys(rooms)).toContain(name);
});

it('every file named in the documentation exists', () => {
  const pages = [
    'README.md',
    'CONTRIBUTING.md',
    ...readdirSync('docs')
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  ];
  const missing = pages.flatMap((name) =>
    [...readFileSync(name, 'utf8').matchAll(/`((?:src|test|bench|deploy|examples)\/[\w./-]+\.(?:ts|md|ya?ml|json))`/g)]
      .map(([, path]) => path ?? '')
      .filter((path) => !existsSync(path))
      .map((path) => `${name}: ${path}`),
  );
  expect(missing).toEqual([]);
});

it('every link between pages leads somewhere', () => {
  const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];
  for (const folder of ['docs', 'docs/adr']) {
    pages.push(
      ...readdirSync(folder)
        .filter((name) => name.endsWith('.md'))
        .map((name) => `${folder}/${name}`),
    );
  }
  const broken = pages.flatMap((name) =>
    [...readFileSync(name, 'utf8').matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
      .map(([, target]) => target ?? '')
      .filter((target) => !existsSync(new URL(target, new URL(`../../${name}`, import.meta.url))))
      .map((target) => `${name}: ${target}`),
  );
  expect(broken).toEqual([]);
});
