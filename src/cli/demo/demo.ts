import { fileURLToPath } from 'node:url';
import { startRegistry } from '../../app/registry.ts';
import { systemClock } from '../../runtime/clock.ts';
import { DemoLoad } from './demo-load.ts';
import { DemoScreen } from './demo-screen.ts';
import { SidecarProcess } from './sidecar-process.ts';

/** How the demo is run. */
export interface DemoOptions {
  /** End after the last step instead of staying up until `signal` aborts. */
  readonly once: boolean;
  /** Where the caller's sidecar listens; port 0 picks free ones. */
  readonly proxyListen: string;
  readonly adminListen: string;
  readonly signal: AbortSignal;
}

const SERVICE = 'hello';
const INSTANCES = ['hello-1', 'hello-2', 'hello-3'];
const STEP_MS = 3000;
const APP = fileURLToPath(new URL(`./demo-app${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url));

/**
 * Plays the main job before the user's eyes: a registry, three instances each with its sidecar, a caller; one instance
 * dies, one leaves, both come back.
 * @returns whether every request was answered
 */
export async function runDemo(options: DemoOptions): Promise<boolean> {
  const screen = new DemoScreen();
  await using registry = await startRegistry({ listen: '127.0.0.1:0' });
  screen.title('pilotfish demo');
  screen.fact('registry', `${registry.address}  (embedded, Consul’s API)`);

  const start = (instance: string) => startInstance(registry.address, instance);
  const instances = await Promise.all(INSTANCES.map(start));
  await using _instances = atEnd(async () => void (await Promise.all(instances.map((instance) => instance.drain()))));
  const caller = await startCaller(registry.address, options);
  await using _caller = atEnd(() => caller.drain());
  const url = `${caller.ready.proxyUrl}/${SERVICE}/`;
  screen.fact('call', `curl ${url}`);
  screen.fact('dashboard', `${caller.ready.adminUrl}/`);

  const load = new DemoLoad({ url, requestsPerSecond: 300 });
  await using _load = atEnd(() => load.stop());
  await untilServed(url, options.signal);
  load.start();
  try {
    await play({ screen, load, instances, start }, options.signal);
    if (!options.once) await stay(screen, load, options);
  } catch (error) {
    if (!options.signal.aborted) throw error;
  }
  await load.stop();
  const { answered, failed, failures } = load.tally;
  screen.title(`${answered} requests answered, ${failed} failed`);
  for (const failure of failures) screen.fact('failed', failure);
  return failed === 0;
}

/** Ends something with the block that it is for. Node 22 has no AsyncDisposableStack. */
function atEnd(end: () => Promise<void>): AsyncDisposable {
  return { [Symbol.asyncDispose]: end };
}

interface Stage {
  readonly screen: DemoScreen;
  readonly load: DemoLoad;
  readonly instances: SidecarProcess[];
  readonly start: (instance: string) => Promise<SidecarProcess>;
}

async function play({ screen, load, instances, start }: Stage, signal: AbortSignal): Promise<void> {
  const [, second, third] = instances;
  if (second === undefined || third === undefined) throw new Error('the demo needs three instances');
  const step = async (text: string, action?: () => Promise<void>) => {
    screen.step(text);
    load.recount();
    await Promise.all([action?.(), watch(screen, load, signal)]);
    screen.settled(load.tally);
  };
  await step('three instances share the requests');
  await step('hello-2 is killed (SIGKILL, app and sidecar); the calls go on', async () => {
    const pid = load.tally.pids.get('hello-2');
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    await second.kill();
  });
  await step('hello-3 is drained (SIGTERM): deregisters, lets its callers leave, ends', () => third.drain());
  await step('both come back', async () => {
    [instances[1], instances[2]] = await Promise.all([start('hello-2'), start('hello-3')]);
  });
}

/** Shows the counts move for the length of a step. */
async function watch(screen: DemoScreen, load: DemoLoad, signal: AbortSignal): Promise<void> {
  const endMs = systemClock.nowMs() + STEP_MS;
  while (systemClock.nowMs() < endMs) {
    await systemClock.sleep(200, signal);
    screen.live(load.tally);
  }
}

async function stay(screen: DemoScreen, load: DemoLoad, { signal }: DemoOptions): Promise<void> {
  load.slowTo(20);
  screen.step('up until Ctrl-C; look at the dashboard, or kill an instance yourself');
  load.recount();
  for (;;) {
    await systemClock.sleep(1000, signal);
    screen.live(load.tally);
  }
}

function startInstance(consul: string, instance: string): Promise<SidecarProcess> {
  const flags = [
    '--consul',
    consul,
    '--name',
    SERVICE,
    '--id',
    instance,
    '--address',
    '127.0.0.1',
    '--port',
    '0',
    '--set',
    'service.drain.wait=3s',
  ];
  const ports = ['--proxy-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'];
  const check = ['--set', 'service.check={http: /health, interval: 1s}'];
  const args = [...flags, ...ports, ...check, '--', process.execPath, APP];
  return SidecarProcess.start({ args, environment: { DEMO_INSTANCE: instance } });
}

async function startCaller(consul: string, { proxyListen, adminListen }: DemoOptions): Promise<SidecarProcess> {
  const start = (proxy: string, admin: string) =>
    SidecarProcess.start({ args: ['--consul', consul, '--proxy-listen', proxy, '--admin-listen', admin] });
  try {
    return await start(proxyListen, adminListen);
  } catch (error) {
    if (error instanceof Error && error.message.includes('EADDRINUSE')) return start('127.0.0.1:0', '127.0.0.1:0');
    throw error;
  }
}

/** Waits until all instances are healthy in the caller's eyes, so that the first count is a fair one. */
async function untilServed(url: string, signal: AbortSignal): Promise<void> {
  const seen = new Set<string>();
  while (seen.size < INSTANCES.length) {
    const answer = await fetch(url, { signal });
    if (answer.ok) seen.add(((await answer.json()) as { instance: string }).instance);
    else await answer.body?.cancel().then(() => systemClock.sleep(50, signal));
  }
}
