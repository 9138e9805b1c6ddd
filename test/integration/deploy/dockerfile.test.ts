import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DevAgent, startDevAgent } from '../../../src/dev-agent/dev-agent.ts';
import { type BuiltImage, buildImage } from '../../support/dockerfile.ts';
import { freePorts } from '../../support/free-port.ts';
import { until } from '../../support/until.ts';

const NOBODY = 65_534;
/** A file system that cannot be written, another user, and nothing of this process' environment. */
const CONTAINED = `mount --make-rprivate / && mount --bind / / && mount -o remount,ro,bind / &&
  exec setpriv --reuid ${NOBODY} --regid ${NOBODY} --clear-groups --no-new-privs "$@"`;
const mayContain = spawnSync('unshare', ['-m', 'sh', '-c', CONTAINED, 'sh', 'true']).status === 0 && existsSync('.git');

describe.skipIf(!existsSync('.git'))('the Dockerfile, carried out in a fresh clone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pilotfish-image-'));
  let image: BuiltImage;

  beforeAll(() => {
    const context = join(folder, 'context');
    expect(spawnSync('git', ['clone', '--quiet', '--depth', '1', `file://${process.cwd()}`, context]).status).toBe(0);
    image = buildImage({ context, into: folder });
    // Others may read it, as they may in an image.
    chmodSync(folder, 0o755);
  }, 300_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('ships the build and its runtime dependencies, and nothing that builds or tests', () => {
    const app = join(image.root, 'app');
    expect(readdirSync(app).toSorted()).toEqual(['LICENSE', 'dist', 'node_modules', 'package.json']);
    const { devDependencies } = JSON.parse(readFileSync(join(app, 'package.json'), 'utf8')) as {
      devDependencies: Readonly<Record<string, string>>;
    };
    const shipped = ['typescript', 'vitest', 'playwright-core', '@biomejs/biome'];
    expect(Object.keys(devDependencies)).toEqual(expect.arrayContaining(shipped));
    expect(shipped.filter((name) => existsSync(join(app, 'node_modules', name)))).toEqual([]);
  });

  it('is run by somebody who is not root, and knows its version', () => {
    expect(image.user).toBe('node');
    const [program = '', ...args] = image.entrypoint;
    const { stdout } = spawnSync(program, [...args, 'version'], { encoding: 'utf8' });
    expect(stdout).toMatch(/^pilotfish \d/);
  });

  describe.skipIf(!mayContain)('on a read-only file system, as nobody', () => {
    let agent: DevAgent;
    let sidecar: ChildProcess;
    let log = '';
    const environment = () => ({ ...image.environment, PATH: `${dirname(process.execPath)}:/usr/bin:/bin` });
    const contained = (command: readonly string[]) => ['-m', 'sh', '-c', CONTAINED, 'sh', ...command];

    beforeAll(async () => {
      agent = await startDevAgent({ listen: '127.0.0.1:0' });
    });

    afterAll(async () => {
      sidecar?.kill('SIGKILL');
      await agent?.close();
    });

    it('registers the app, serves, passes its own HEALTHCHECK, and ends with 0 at SIGTERM', async () => {
      const app = createServer((_request, response) => response.end('well')).listen(0, '127.0.0.1');
      await once(app, 'listening');
      const appPort = String((app.address() as AddressInfo).port);
      const [port, adminPort] = await freePorts(2);
      const flags = ['--name', 'orders', '--port', appPort, '--address', '127.0.0.1', '--consul', agent.address];
      const listen = ['--proxy-listen', `127.0.0.1:${port}`, '--admin-listen', `127.0.0.1:${adminPort}`];
      const command = [...image.entrypoint, ...image.command, ...flags, ...listen];
      sidecar = spawn('unshare', contained(command), { env: environment(), stdio: ['ignore', 'ignore', 'pipe'] });
      sidecar.stderr?.on('data', (chunk: Buffer) => {
        log += chunk.toString();
      });
      const ended = once(sidecar, 'exit');
      await until('the app answers through the sidecar', async () => {
        return (await fetch(`http://127.0.0.1:${port}/orders/`)).status === 200;
      });
      const asked = image.healthcheck.map((word) =>
        word.replace('http://127.0.0.1:7701/', `http://127.0.0.1:${adminPort}/`),
      );
      expect(asked).not.toEqual(image.healthcheck);
      const health = spawnSync('unshare', contained(asked), { env: environment(), encoding: 'utf8' });
      expect(health.status, health.stderr).toBe(0);
      const status = readFileSync(`/proc/${sidecar.pid}/status`, 'utf8');
      expect(/^Uid:\s+(\d+)/m.exec(status)?.[1]).toBe(String(NOBODY));
      sidecar.kill('SIGTERM');
      expect(await ended, log).toEqual([0, null]);
      app.close();
      expect(log.split('\n').filter((line) => /"level":"(?:warn|error)"|EROFS/.test(line))).toEqual([]);
    });
  });
});
