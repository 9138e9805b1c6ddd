import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DevAgent, startDevAgent } from '../../src/dev-agent/dev-agent.ts';
import { ConsulClient } from '../../src/index.ts';
import { PackedPackage } from '../support/packed-package.ts';

const MAX_LINES = 60;
const examples = readdirSync('examples').filter((name) => existsSync(`examples/${name}/package.json`));

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

  // The others' frameworks are not among the development dependencies: they run where somebody has installed them.
  const runnable = examples.filter((name) => existsSync(`node_modules/${name}`));
  it.each(runnable)(
    '%s registers itself, calls another by its name, and leaves the catalog at its end',
    async (name) => {
      const files = Object.fromEntries(
        readdirSync(`examples/${name}`).map((file) => [file, readFileSync(`examples/${name}/${file}`, 'utf8')]),
      );
      const folder = await packed.project(files);
      if (!existsSync(join(folder, 'node_modules', name))) {
        mkdirSync(join(folder, 'node_modules'), { recursive: true });
        symlinkSync(resolve('node_modules', name), join(folder, 'node_modules', name), 'dir');
      }
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
