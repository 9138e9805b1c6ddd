import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ENVIRONMENT } from '../../src/app/config-environment.ts';
import { configJsonSchema } from '../../src/app/config-json-schema.ts';
import { CONSUL_ENVIRONMENT } from '../../src/app/consul-environment.ts';
import { configurationTables } from '../support/configuration-page.ts';

const FILE = 'docs/configuration.md';

/** Replaces what stands between `<!-- name -->` and `<!-- /name -->`. */
function fill(page: string, name: string, text: string): string {
  const pattern = new RegExp(`(<!-- ${name} -->\\n)[^]*?(<!-- /${name} -->)`);
  if (!pattern.test(page)) throw new Error(`${FILE} has no place for ${name}`);
  return page.replace(pattern, (_, start: string, end: string) => `${start}${text}\n${end}`);
}

it('docs/configuration.md lists every setting and variable as the code has them (UPDATE_DOCS=1 rewrites it)', () => {
  const page = readFileSync(FILE, 'utf8');
  const variables = [...ENVIRONMENT, ...CONSUL_ENVIRONMENT]
    .map(({ variable, path }) => `| \`${variable}\` | \`${path.join('.')}\` |`)
    .join('\n');
  let wanted = page.replace(/\| variable \| setting \|\n\|---\|---\|\n(?=<!-- environment -->)/, '');
  wanted = fill(wanted, 'environment', `| variable | setting |\n|---|---|\n${variables}`);
  wanted = fill(wanted, 'settings', `\n${configurationTables(configJsonSchema())}\n`);
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(FILE, wanted);
  else expect(page).toBe(wanted);
});
