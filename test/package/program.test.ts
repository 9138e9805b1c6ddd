import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PackedPackage } from '../support/packed-package.ts';

const run = promisify(execFile);

/** Tells at its end which of Node's own modules were loaded. */
const WITNESS = `process.on('exit', () => {
  require('node:fs').writeFileSync(process.env.WITNESS, process.moduleLoadList.join('\\n'));
});`;

/** Tells at its end which of Node's own modules were loaded after a flag of V8 was set. */
const LATE_WITNESS = `const v8 = require('node:v8');
const { writeFileSync } = require('node:fs');
const { setFlagsFromString } = v8;
let early;
v8.setFlagsFromString = (flag) => {
  early ??= new Set(process.moduleLoadList);
  setFlagsFromString(flag);
};
process.on('exit', () => {
  const late = process.moduleLoadList.filter((name) => early === undefined || !early.has(name));
  writeFileSync(process.env.WITNESS, late.join('\\n'));
});`;

describe('the program in the package', () => {
  let packed: PackedPackage;
  let project: string;
  const program = () => join(project, 'node_modules/pilotfish/dist/cli/main.js');

  beforeAll(async () => {
    packed = await PackedPackage.make();
    project = await packed.project({ 'witness.cjs': WITNESS, 'late-witness.cjs': LATE_WITNESS });
  });

  afterAll(() => packed?.[Symbol.dispose]());

  it('runs', async () => {
    const { stdout } = await run(process.execPath, [program(), 'version']);
    expect(stdout).toMatch(/^pilotfish \d+\.\d+\.\d+ /);
  });

  it('has loaded what it needs of Node before it sets a flag of V8, after which Node’s compiled code is refused', async () => {
    const witness = join(project, 'late.txt');
    const flags = ['--consul', '127.0.0.1:1', '--proxy-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'];
    const sidecar = spawn(process.execPath, ['-r', join(project, 'late-witness.cjs'), program(), 'run', ...flags], {
      env: { ...process.env, WITNESS: witness },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const ended = once(sidecar, 'exit');
    const [{ adminUrl }] = (await once(sidecar, 'message')) as [{ adminUrl: string }];
    expect((await fetch(`${adminUrl}/healthz`)).status).toBe(200);
    sidecar.kill('SIGTERM');
    await ended;
    const late = readFileSync(witness, 'utf8').matchAll(/^NativeModule (?!internal\/)(.*)$/gm);
    expect([...late].map(([, name]) => name)).toEqual([]);
  });

  it('serves with none of the parts of Node that few sidecars need: they cost time and memory at every start', async () => {
    const witness = join(project, 'loaded.txt');
    const flags = ['--consul', '127.0.0.1:1', '--proxy-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'];
    const sidecar = spawn(process.execPath, ['-r', join(project, 'witness.cjs'), program(), 'run', ...flags], {
      env: { ...process.env, WITNESS: witness },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const ended = once(sidecar, 'exit');
    const [{ adminUrl }] = (await once(sidecar, 'message')) as [{ adminUrl: string }];
    // Of probes, too, there is nothing more to load.
    expect((await fetch(`${adminUrl}/healthz`)).status).toBe(200);
    expect((await fetch(`${adminUrl}/metrics`)).status).toBe(200);
    sidecar.kill('SIGTERM');
    await ended;
    const loaded = readFileSync(witness, 'utf8').split('\n');
    expect(loaded).toContain('NativeModule http');
    const heavy = ['internal/deps/undici/undici', 'tls', 'http2', 'https', 'crypto', 'zlib'];
    expect(heavy.filter((name) => loaded.includes(`NativeModule ${name}`))).toEqual([]);
  });

  it('loads what it left out when it is asked for: the dashboard and the API', async () => {
    const flags = ['--consul', '127.0.0.1:1', '--proxy-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'];
    const sidecar = spawn(process.execPath, [program(), 'run', ...flags], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const ended = once(sidecar, 'exit');
    const [{ adminUrl }] = (await once(sidecar, 'message')) as [{ adminUrl: string }];
    const page = await (await fetch(`${adminUrl}/`)).text();
    const modules = page.match(/dashboard\/[\w-]+\.js/g) ?? [];
    expect(modules.length).toBeGreaterThan(0);
    for (const path of [...modules, 'v1/upstreams', 'v1/config']) {
      expect([path, (await fetch(`${adminUrl}/${path}`)).status]).toEqual([path, 200]);
    }
    sidecar.kill('SIGTERM');
    await ended;
  });

  it('reads a configuration file, for which it loads the parser', async () => {
    const file = join(project, 'pilotfish.yaml');
    writeFileSync(file, 'upstreams:\n  payments: { policy: p2c }\n');
    const { stdout } = await run(process.execPath, [program(), 'config', 'show', '-c', file]);
    expect(stdout).toMatch(/^upstreams\.payments\.policy +p2c +.*pilotfish\.yaml:2:/m);
  });

  it('has no character for which the engine would keep two bytes of each', () => {
    const folder = join(packed.source, 'dist/cli');
    const wide = globSync('{main.js,chunks/*.{js,cjs}}', { cwd: folder }).filter((file) =>
      /[^\0-\xff]/.test(readFileSync(join(folder, file), 'utf8')),
    );
    expect(wide).toEqual([]);
  });

  it('has no `using`, which Node 22 does not know', () => {
    const folder = join(packed.source, 'dist/cli');
    const using = globSync('{main.js,chunks/*.{js,cjs}}', { cwd: folder }).filter((file) =>
      /^\s*(?:for \()?(?:await )?using \w+ (?:=|of)/m.test(readFileSync(join(folder, file), 'utf8')),
    );
    expect(using).toEqual([]);
  });

  it('brings the licences of the packages it contains', () => {
    const text = readFileSync(join(packed.source, 'dist/cli/THIRD-PARTY-LICENSES.txt'), 'utf8');
    for (const name of ['@hono/node-server', 'commander', 'hono', 'lru-cache', 'yaml', 'zod']) {
      expect(text, name).toMatch(new RegExp(`^${name} \\d.*\\n\\n.*(?:Permission|License|licen[cs]e)`, 'ms'));
    }
    expect(text).not.toContain('rolldown');
  });
});
