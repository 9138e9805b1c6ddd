import { connect, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { AppConnections } from '../../../src/registration/app-connections.ts';
import { AppSupervisor, exitCodeOf } from '../../../src/registration/app-supervisor.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { until } from '../../support/discovery-source.ts';

const started: AppSupervisor[] = [];
const start = async (script: string): Promise<AppSupervisor> => {
  const supervisor = await AppSupervisor.start({
    command: process.execPath,
    args: ['-e', script],
    env: process.env,
    proxyUrl: 'http://127.0.0.1:7700',
    adminUrl: 'http://127.0.0.1:7701',
    port: 8123,
    clock: systemClock,
    stdio: 'ignore',
  });
  started.push(supervisor);
  return supervisor;
};

afterEach(async () => {
  await Promise.all(started.splice(0).map((supervisor) => supervisor.stop('SIGKILL', 1000)));
});

describe('the app as a child', () => {
  it('gets the addresses of the sidecar and its port, and its exit code is passed on', async () => {
    const app = await start(
      `const { PILOTFISH_URL, PILOTFISH_ADMIN_URL, PORT } = process.env;
       process.exit(PILOTFISH_URL === 'http://127.0.0.1:7700' && PILOTFISH_ADMIN_URL.endsWith(':7701') && PORT === '8123' ? 42 : 1)`,
    );
    expect(exitCodeOf(await app.exited)).toBe(42);
  });

  it('gets the signal that is passed on, and may take its time', async () => {
    const app = await start(
      `process.on('SIGTERM', () => setTimeout(() => process.exit(7), 100)); process.title = 'ready'; setInterval(() => {}, 1000)`,
    );
    await until(() => isReady(app.pid), 'ready');
    expect(await app.stop('SIGTERM', 5000)).toEqual({ code: 7, signal: undefined });
  });

  it('is killed when it does not end in its time, with what it has started', async () => {
    const app = await start(
      `process.on('SIGTERM', () => {}); require('node:child_process').spawn('sleep', ['300']); process.title = 'ready'; setInterval(() => {}, 1000)`,
    );
    await until(() => isReady(app.pid), 'ready');
    const exit = await app.stop('SIGTERM', 200);
    expect(exit.signal).toBe('SIGKILL');
    expect(exitCodeOf(exit)).toBe(137);
    await until(() => isGroupGone(app.pid ?? 0), 'the whole group gone');
  });

  it('that cannot be started is an error that names it', async () => {
    const options = { args: [], env: process.env, proxyUrl: '', adminUrl: '', port: undefined, clock: systemClock };
    await expect(AppSupervisor.start({ ...options, command: 'no-such-program-here' })).rejects.toMatchObject({
      code: 'app_not_started',
      message: expect.stringContaining('"no-such-program-here"'),
    });
  });
});

async function isReady(pid: number | undefined): Promise<boolean> {
  const { readFile } = await import('node:fs/promises');
  return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).startsWith('ready');
}

function isGroupGone(group: number): boolean {
  try {
    process.kill(-group, 0);
    return false;
  } catch {
    return true;
  }
}

describe.skipIf(process.platform !== 'linux')('the connections that callers have to the app', () => {
  it('are counted by the kernel’s own table, until they are closed', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const meter = new AppConnections(port, systemClock);
    expect(await meter.look()).toBe(true);
    expect(meter.active()).toBe(0);
    const caller = connect(port, '127.0.0.1');
    await new Promise((resolve) => server.once('connection', resolve));
    await meter.look();
    expect([meter.active(), meter.started()]).toEqual([1, 1]);
    caller.destroy();
    await until(async () => (await meter.look()) && meter.active() === 0, 'none');
    await new Promise((resolve) => server.close(resolve));
  });
});
