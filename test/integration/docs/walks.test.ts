import { spawnSync } from 'node:child_process';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { consulBin } from '../../support/real-consul.ts';
import { steady, stepsIn } from '../../support/walk-page.ts';

/** A network and processes of its own, also for who is not root where the system allows it; nothing outlives a walk. */
const APART = ['--map-root-user', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
const mayBeApart = spawnSync('unshare', [...APART, 'ip', 'link', 'set', 'lo', 'up']).status === 0;
const WALK = resolve('test/support/walk-main.ts');

const pages = ['README.md', ...globSync('docs/**/*.md')].filter(
  (page) => stepsIn(readFileSync(page, 'utf8')).length > 0,
);
const needsConsul = (page: string) => /^consul agent /m.test(readFileSync(page, 'utf8'));

it('is written on the pages: there are commands to do', () => {
  expect(pages).toEqual(expect.arrayContaining(['docs/quickstart.md']));
});

describe.skipIf(!mayBeApart || !existsSync('.git'))('a page done as written, in a fresh clone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pilotfish-walk-'));
  const clone = join(folder, 'pilotfish');
  const bin = join(folder, 'bin');

  beforeAll(() => {
    spawnSync('git', ['clone', '--quiet', '--depth', '1', `file://${process.cwd()}`, clone]);
    symlinkSync(resolve('node_modules'), join(clone, 'node_modules'));
    const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'build'], { cwd: clone, encoding: 'utf8' });
    expect(status, stdout + stderr).toBe(0);
    // As `npm install --global pilotfish` leaves it.
    mkdirSync(bin);
    symlinkSync(join(clone, 'dist/cli/main.js'), join(bin, 'pilotfish'));
    if (consulBin !== undefined) symlinkSync(consulBin, join(bin, 'consul'));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const walk = (page: string, name: string) => {
    const cwd = join(folder, name);
    // The reader stands in the clone; what a page writes must not be in another's way.
    spawnSync('cp', ['-a', clone, cwd]);
    const path = [bin, resolve('node_modules/.bin'), process.env['PATH']].join(delimiter);
    const env = { ...process.env, PATH: path, NO_COLOR: '1', npm_config_update_notifier: 'false' };
    return spawnSync('unshare', [...APART, process.execPath, WALK, page], {
      cwd,
      env,
      encoding: 'utf8',
      timeout: 300_000,
    });
  };

  it.for(pages)('%s', { timeout: 300_000 }, (page, { skip }) => {
    if (needsConsul(page) && consulBin === undefined) skip();
    const { status, stdout, stderr } = walk(resolve(page), page.replaceAll('/', '-'));
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/\d+ steps\n$/);
  });

  it.skipIf(consulBin === undefined)('docs/quickstart.md on a real Consul', { timeout: 300_000 }, () => {
    const page = join(folder, 'quickstart.md');
    const text = readFileSync('docs/quickstart.md', 'utf8').replace(
      'npx pilotfish dev\n',
      'consul agent -dev -log-level=error\n',
    );
    expect(text).toContain('consul agent');
    writeFileSync(page, text);
    const { status, stderr } = walk(page, 'quickstart-on-consul');
    expect(status, stderr).toBe(0);
  });
});

describe('what a walk compares', () => {
  it('is the text without numbers, dates and the machine’s name', () => {
    const one = 'HTTP/1.1 200\r\nDate: Sat, 21 Nov 2026 06:54:03 GMT\nweb-1/orders-127.0.0.1-8000   passing  40\n';
    const other = 'HTTP/1.1 200\nDate: Mon, 02 Feb 2027 16:04:33 GMT\nweb-1/orders-127.0.0.1-39903  passing  7';
    expect(steady(one, 'web-1')).toBe(steady(other, 'web-1'));
    expect(steady(one, 'web-1')).not.toBe(steady(other.replace('passing', 'critical'), 'web-1'));
  });
});
