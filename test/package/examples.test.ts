import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DevAgent, startDevAgent } from '../../src/dev-agent/dev-agent.ts';
import { ConsulClient } from '../../src/index.ts';
import { PackedPackage } from '../support/packed-package.ts';

const MAX_LINES = 60;
const isCi = process.env['CI'] === 'true';
const examples = readdirSync('examples').filter((name) => existsSync(`examples/${name}/package.json`));

/** Lets an example find a framework that is installed here. */
function linkFramework(name: string, folder: string): void {
  if (existsSync(join(folder, 'node_modules', name))) return;
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  symlinkSync(resolve('node_modules', name), join(folder, 'node_modules', name), 'dir');
}

/** Installs the example's framework beside its other packages. False where there is no registry; in CI there has to be one. */
function installFramework(name: string, folder: string): boolean {
  const { dependencies } = JSON.parse(readFileSync(`examples/${name}/package.json`, 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  const apart = join(folder, 'framework');
  mkdirSync(apart);
  writeFileSync(
    join(apart, 'package.json'),
    JSON.stringify({ private: true, dependencies: { [name]: dependencies[name] } }),
  );
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  const { status, stderr } = spawnSync('npm', args, { cwd: apart, encoding: 'utf8', timeout: 90_000 });
  if (status !== 0 && isCi) throw new Error(`npm install ${name}: ${stderr}`);
  if (status === 0)
    cpSync(join(apart, 'node_modules'), join(folder, 'node_modules'), { recursive: true, force: false });
  return status === 0;
}

describe('the examples', () => {
  let packed: PackedPackage;
  let agent: DevAgent;
  const started: ChildProcess[] = [];

  beforeAll(async () => {
    packed = await PackedPackage.make();
    agent = await startDevAgent({ listen: '127.0.0.1:0' });
  });

  afterAll(async () => {
    for (const child of started) child.kill('SIGKILL');
    await agent?.close();
    packed?.[Symbol.dispose]();
  });

  it.each(examples)('%s is short, and says how it is run', (name) => {
    for (const file of readdirSync(`examples/${name}`).filter((each) => each.endsWith('.mjs'))) {
      expect(readFileSync(`examples/${name}/${file}`, 'utf8').split('\n').length, file).toBeLessThanOrEqual(MAX_LINES);
    }
    expect(existsSync(`examples/${name}/README.md`)).toBe(true);
  });

  // Frameworks that are no development dependencies come from the registry, in the versions that the example names.
  it.for(examples)(
    '%s registers itself, calls another by its name, and leaves the catalog at its end',
    async (name, { skip }) => {
      const files = Object.fromEntries(
        readdirSync(`examples/${name}`).map((file) => [file, readFileSync(`examples/${name}/${file}`, 'utf8')]),
      );
      const folder = await packed.project(files);
      if (existsSync(`node_modules/${name}`)) linkFramework(name, folder);
      else if (!installFramework(name, folder)) skip('there is no npm registry to get its framework from');
      const start = async (service: string) => {
        const env = {
          ...process.env,
          CONSUL_HTTP_ADDR: agent.address,
          SERVICE_NAME: service,
          SERVICE_ADDRESS: '127.0.0.1',
        };
        const child = spawn(process.execPath, ['app.mjs'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
        started.push(child);
        const [line] = (await once(child.stdout, 'data')) as [Buffer];
        const [url = ''] = /http:\/\/\S+?(?=,)/.exec(line.toString()) ?? [];
        return { child, url, ended: once(child, 'exit') };
      };
      await using consul = new ConsulClient({ address: agent.address });
      const [shop, bank] = await Promise.all([start(`${name}-shop`), start(`${name}-bank`)]);
      const [checked] = (await consul.health.service(`${name}-bank`)).value;
      for await (const { value } of consul.health.watchService(`${name}-bank`, { passing: true })) {
        if (value.length > 0) break;
      }
      expect(checked?.checks.length).toBeGreaterThan(0);
      const answer = await fetch(`${shop.url}/ask/${name}-bank/whoami`);
      expect(await answer.json()).toEqual({ service: `${name}-bank`, pid: bank.child.pid });
      expect((await fetch(`${shop.url}/ask/${name}-nobody/whoami`)).status).toBe(404);
      for (const { child } of [shop, bank]) child.kill('SIGTERM');
      expect((await Promise.all([shop.ended, bank.ended])).map(([code]) => code)).toEqual([0, 0]);
      expect((await consul.catalog.service(`${name}-bank`)).value).toEqual([]);
    },
  );
});
