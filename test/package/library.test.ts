import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDevAgent } from '../../src/dev-agent/dev-agent.ts';
import { PackedPackage } from '../support/packed-package.ts';

const run = promisify(execFile);
const modules = (path: string) => resolve('node_modules', path);

/** What a user of the library might write; each thing that is published is used once. */
const PROGRAM = `
import { ConfigTree, ConsulClient, consulEnvironment, isConsulError, LoadBalancer, register, watch } from 'pilotfish';
import type { ConfigChange, Endpoint, KvEntry, Registration, StandardSchema } from 'pilotfish';

interface Settings { readonly port: number }
const schema: StandardSchema<Settings> = {
  '~standard': {
    version: 1,
    vendor: 'own',
    validate: (value) => {
      const port = (value as { port?: unknown }).port;
      return typeof port === 'number' ? { value: { port } } : { issues: [{ message: 'no port', path: ['port'] }] };
    },
  },
};

await using consul = new ConsulClient(consulEnvironment(process.env));
await consul.kv.put('config/app/port', '8000');
const entry: KvEntry | undefined = (await consul.kv.get('config/app/port')).value;
await using config = await ConfigTree.open({ consul, prefix: 'config', app: 'app', schema });
const port: number = config.value.port;
// @ts-expect-error the schema has no such setting
config.value.host;
await using registration: Registration = await register({ consul, name: 'app', port, address: '127.0.0.1', checks: [] });
await using app = new LoadBalancer({ consul, service: 'app', policy: 'least-connections' });
using instance = await app.pick();
const endpoint: Endpoint = instance.endpoint;
for await (const { added } of watch(consul, 'app')) {
  console.log(entry?.flags === 0n, added[0]?.port === endpoint.port, registration.status().state, isConsulError(1, 'NotFound'));
  break;
}
const changes: AsyncIterable<ConfigChange<Settings>> = config.watch();
for await (const { value } of changes) {
  console.log(value.port);
  break;
}
`;

const tsconfig = (options: object) =>
  JSON.stringify({
    compilerOptions: {
      strict: true,
      noEmit: true,
      target: 'es2024',
      lib: ['es2024', 'esnext.disposable'],
      types: ['node'],
      ...options,
    },
    files: ['program.ts'],
  });

describe('the package', () => {
  let packed: PackedPackage;

  beforeAll(async () => {
    packed = await PackedPackage.make();
  });

  afterAll(() => packed?.[Symbol.dispose]());

  it('is as publint wants it', async () => {
    const { messages, pkg } = await publint({ pkgDir: packed.source, strict: true, level: 'warning' });
    expect(messages.map((message) => formatMessage(message, pkg ?? {}))).toEqual([]);
  });

  it('has types that are found and right, for every way to import an ES module', async () => {
    const args = [
      join(dirname(createRequire(import.meta.url).resolve('@arethetypeswrong/cli/package.json')), 'dist/index.js'),
      packed.tarball,
      '--profile',
      'esm-only',
      '--no-color',
    ];
    const { stdout, code = 0 } = await run(process.execPath, args).then(
      ({ stdout }) => ({ stdout, code: 0 }),
      (error: unknown) => error as { stdout: string; code?: number },
    );
    expect(code, stdout).toBe(0);
  });

  it.each([
    ['TypeScript 7, as Node resolves', 'typescript7/bin/tsc', { module: 'nodenext' }],
    ['TypeScript 6, as Node resolves', 'typescript/bin/tsc', { module: 'nodenext' }],
    ['TypeScript 6, as bundlers resolve', 'typescript/bin/tsc', { module: 'esnext', moduleResolution: 'bundler' }],
  ])('type-checks in a project, declarations and all: %s', async (_name, tsc, options) => {
    const project = await packed.project({ 'program.ts': PROGRAM, 'tsconfig.json': tsconfig(options) });
    const { stdout } = await run(process.execPath, [modules(tsc), '-p', project], { cwd: project }).catch(
      (error: unknown) => error as { stdout: string },
    );
    expect(stdout).toBe('');
  });

  it('runs in a project, and ends by itself', async () => {
    await using agent = await startDevAgent({ listen: '127.0.0.1:0' });
    const project = await packed.project({ 'program.ts': PROGRAM });
    const env = { ...process.env, CONSUL_HTTP_ADDR: agent.address };
    const { stdout } = await run(process.execPath, [join(project, 'program.ts')], { env, timeout: 30_000 });
    expect(stdout).toBe('true true registered false\n8000\n');
  });

  it('does nothing when it is imported: no handle, no output, no environment read', async () => {
    const project = await packed.project({
      'program.mjs': `
        const read = [];
        const env = process.env;
        process.env = new Proxy(env, { get: (all, name) => { read.push(String(name)); return all[name]; } });
        // Looking at them opens them, and undici looks whether they are terminals.
        void [process.stdout, process.stderr];
        const before = process.getActiveResourcesInfo().length;
        const startedMs = performance.now();
        await import('pilotfish');
        const tookMs = performance.now() - startedMs;
        await new Promise((resolve) => setImmediate(resolve));
        const handles = process.getActiveResourcesInfo().length - before;
        process.stdout.write(JSON.stringify({ handles, read: read.filter((name) => /^(CONSUL|SERVICE|PILOTFISH|OTEL)/.test(name)), tookMs }));
      `,
    });
    const { stdout, stderr } = await run(process.execPath, [join(project, 'program.mjs')]);
    expect(stderr).toBe('');
    const { tookMs, ...rest } = JSON.parse(stdout) as { tookMs: number };
    expect(rest).toEqual({ handles: 0, read: [] });
    process.stderr.write(`import of the library: ${tookMs.toFixed(0)} ms\n`);
  });

  it('loses in a bundle what is not used', async () => {
    const project = await packed.project({
      'program.mjs': `import { CodedError } from 'pilotfish'; console.log(CodedError);`,
    });
    const args = ['program.mjs', '--file', 'bundle.mjs', '--platform', 'node', '--format', 'esm'];
    await run(process.execPath, [modules('rolldown/bin/cli.mjs'), ...args], { cwd: project });
    const bundle = readFileSync(join(project, 'bundle.mjs'), 'utf8');
    expect(bundle).toContain('CodedError = class');
    for (const unused of ['ConsulClient', 'LoadBalancer', 'ConfigTree', 'undici', 'yaml', 'parseDocument']) {
      expect(bundle, unused).not.toContain(unused);
    }
  });
});
