import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ENVIRONMENT } from '../../src/app/config-environment.ts';
import { CONSUL_ENVIRONMENT } from '../../src/app/consul-environment.ts';
import { VERSION } from '../../src/app/version.ts';
import { program } from '../../src/cli/program.ts';
import { cliSections, manPage } from '../support/cli-page.ts';

const PAGE = 'docs/cli.md';
const MAN = 'docs/pilotfish.1';
const GROFF = '/usr/bin/groff';

/** Compares a file with what it should be, or rewrites it. */
function check(file: string, is: string, wanted: string): void {
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(file, wanted);
  else expect(is).toBe(wanted);
}

it('docs/cli.md lists every command, argument and option as the program has them (UPDATE_DOCS=1 rewrites it)', () => {
  const page = readFileSync(PAGE, 'utf8');
  const place = /(<!-- commands -->\n)[\s\S]*(<!-- \/commands -->)/;
  expect(page).toMatch(place);
  check(
    PAGE,
    page,
    page.replace(place, (_, start: string, end: string) => `${start}\n${cliSections(program())}\n\n${end}`),
  );
});

it('the man page says the same (UPDATE_DOCS=1 rewrites it)', () => {
  const exits = [...readFileSync('docs/errors.md', 'utf8').matchAll(/^\| (\d+) \| ([^|]+) \|/gm)];
  expect(exits.length).toBeGreaterThan(5);
  const variables = [...ENVIRONMENT, ...CONSUL_ENVIRONMENT];
  const wanted = manPage(program(), VERSION, [
    { title: 'Environment', terms: variables.map(({ variable, path }) => ({ term: variable, text: path.join('.') })) },
    {
      title: 'Exit status',
      terms: exits.map(([, code = '', text = '']) => ({ term: code, text: text.trim().replaceAll('`', '') })),
    },
    {
      title: 'Files',
      terms: [{ term: 'pilotfish.yaml', text: 'the configuration, in the working directory, unless -c names another' }],
    },
  ]);
  check(MAN, readFileSync(MAN, 'utf8'), wanted);
});

it.skipIf(!existsSync(GROFF))('groff has nothing to say against the man page', () => {
  const { status, stderr } = spawnSync(GROFF, ['-man', '-Tutf8', '-ww', '-z', MAN], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
