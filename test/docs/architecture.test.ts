import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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

/** Every page that is written by hand. */
const pages = globSync(['*.md', 'docs/*.md', 'docs/{adr,how-to}/*.md', '{deploy,examples}/*/README.md']);

it('every file named in the documentation exists', () => {
  const missing = pages.flatMap((name) =>
    [
      ...readFileSync(name, 'utf8').matchAll(
        /`((?:src|test|bench|deploy|examples)\/[\w./-]+\.(?:ts|mjs|md|ya?ml|json|service))`/g,
      ),
    ]
      .map(([, path]) => path ?? '')
      .filter((path) => !existsSync(path))
      .map((path) => `${name}: ${path}`),
  );
  expect(missing).toEqual([]);
});

/** A heading as the address of its place, as GitHub makes it. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[`*]/g, '')
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

it('every link between pages leads somewhere, to the place on the page too', () => {
  const broken = pages.flatMap((name) =>
    [...readFileSync(name, 'utf8').matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)/g)].flatMap(
      ([link, target = '', place]) => {
        const url = target === '' ? name : join(dirname(name), target);
        if (!existsSync(url)) return [`${name}: ${link}`];
        if (place === undefined || !url.endsWith('.md')) return [];
        const headings = [...readFileSync(url, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
          anchorOf(heading),
        );
        return headings.includes(place) ? [] : [`${name}: ${link}`];
      },
    ),
  );
  expect(broken).toEqual([]);
});

it('the index leads to every page', () => {
  const index = readFileSync('docs/README.md', 'utf8');
  const named = (page: string) => index.includes(`(${page.slice('docs/'.length)}`) || page === 'docs/README.md';
  expect(pages.filter((page) => /^docs\/(?:how-to\/)?[\w-]+\.md$/.test(page) && !named(page))).toEqual([]);
});
