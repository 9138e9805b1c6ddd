import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { until } from '../../../test/support/until.ts';
import type { Scenario } from '../scenario.ts';
import { BenchSidecar } from '../sidecar.ts';
import type { Stage } from '../stage.ts';

const CLOCK = fileURLToPath(new URL('../../chaos-clock.ts', import.meta.url));

const DESCRIPTORS = fileURLToPath(new URL('../../chaos-descriptors.ts', import.meta.url));

/** Starts a caller whose snapshots cannot be kept or read, and shows that it serves and warns once. */
async function playSnapshot(stage: Stage, text: string, settings: readonly string[]): Promise<void> {
  const caller = await stage.caller(settings);
  await caller.sees('fleet', 3);
  const load = stage.load({ proxyUrl: caller.proxyUrl, service: 'fleet', requestsPerSecond: 100 });
  await caller.process.written(/the snapshot on disk is not used/);
  await stage.wait(stage.pick(6000, 2500));
  const report = await load.stop();
  const warnings = caller.process.stderr.match(/the snapshot on disk is not used/g)?.length;
  stage.claim(`${text}: 0 requests fail`, report.failed === 0, report.failures);
  stage.claim(`${text}: one warning`, warnings === 1, warnings);
}

/** What the machine refuses, or changes under the sidecar. */
export const machineScenarios: readonly Scenario[] = [
  {
    name: 'bad-snapshot',
    fault: 'the snapshot cannot be written (its directory cannot exist), or it is damaged',
    must: 'ignored with one warning; no request fails',
    registry: 'any',
    async play(stage) {
      await stage.fleet('fleet', 3);
      await writeFile(stage.path('a-file'), '');
      await playSnapshot(stage, 'no directory', [`snapshot.path=${stage.path('a-file')}/below`]);
      const good = stage.path('good');
      const first = await stage.caller([`snapshot.path=${good}`]);
      await first.sees('fleet', 3);
      await until('it is written', async () => (await readdir(good).catch(() => [])).length > 0);
      await first.drain();
      const [name = ''] = await readdir(good);
      const whole = await readFile(`${good}/${name}`);
      await mkdir(stage.path('damaged'));
      await writeFile(`${stage.path('damaged')}/${name}`, whole.subarray(0, whole.length - 20));
      await playDamaged(stage, [`snapshot.path=${stage.path('damaged')}`]);
      return {};
    },
  },
  {
    name: 'disk-full',
    fault: 'the disk that the snapshot is on is full',
    must: 'ignored with one warning; no request fails; nothing half written is left',
    registry: 'any',
    async play(stage) {
      await stage.fleet('fleet', 3);
      const directory = stage.path('full');
      await mkdir(directory);
      if (!mountFull(directory)) {
        stage.claim('a full disk can be made here (needs the right to mount a tmpfs): left out', true, 'no right');
        return { figures: { 'left out': 'no right to mount a tmpfs' } };
      }
      try {
        await playSnapshot(stage, 'disk full', [`snapshot.path=${directory}`]);
        const left = (await readdir(directory)).filter((name) => name !== 'filling');
        stage.claim('nothing half written is left', left.length === 0, left);
      } finally {
        execFileSync('umount', [directory]);
      }
      return {};
    },
  },
  {
    name: 'clock-jump',
    fault: 'the wall clock jumps an hour on, then an hour behind, again and again, under load',
    must: 'nothing: no request fails, nobody is ejected or forgotten, ages stay true',
    registry: 'any',
    async play(stage) {
      await stage.fleet('fleet', 3);
      const env = { NODE_OPTIONS: `--import=${CLOCK}` };
      const caller = stage.use(await BenchSidecar.start(['--consul', stage.registry.address], env));
      await caller.sees('fleet', 3);
      const load = stage.load({ proxyUrl: caller.proxyUrl, service: 'fleet', requestsPerSecond: stage.pick(500, 100) });
      const ages: number[] = [];
      load.mark();
      for (let jump = 0; jump < 4; jump++) {
        caller.process.signal('SIGUSR2');
        await stage.wait(stage.pick(1500, 300));
        ages.push((await caller.view('fleet')).ageSeconds);
      }
      const report = await load.stop();
      const { instances } = await caller.view('fleet');
      stage.claim('the clock has jumped', caller.process.stderr.includes('is -3600000 ms off'), '');
      stage.claim('0 requests fail', report.failed === 0, report.failures);
      stage.claim('all three stay in use', instances.filter(({ isUsed }) => isUsed).length === 3, instances.length);
      stage.claim(
        'ages stay true',
        ages.every((age) => age >= 0 && age < 600),
        ages,
      );
      return { load: report, recoveryMs: report.recoveryMs };
    },
  },
  {
    name: 'few-descriptors',
    fault: 'the sidecar may open 256 files, and 600 slow requests come at once',
    must: 'what does not fit gets 503; no crash; well again within 1 s',
    registry: 'any',
    failuresAreMeant: true,
    async play(stage) {
      for (const app of await stage.fleet('fleet', 3)) await app.control({ kind: 'answer', status: 200, workMs: 500 });
      const env = { NODE_OPTIONS: `--import=${DESCRIPTORS}` };
      const caller = stage.use(await BenchSidecar.start(['--consul', stage.registry.address], env));
      await caller.sees('fleet', 3);
      const load = stage.load({ proxyUrl: caller.proxyUrl, service: 'fleet', requestsPerSecond: 600 });
      await stage.wait(stage.pick(3000, 1200));
      const report = await load.stop();
      const endedMs = performance.now();
      await until('it answers again', () => fetch(`${caller.proxyUrl}/fleet/`).then((answer) => answer.ok));
      const recoveryMs = performance.now() - endedMs - 500;
      stage.claim('some get an answer', (report.byStatus.get('200') ?? 0) > 0, [...report.byStatus]);
      const strange = [...report.byStatus.keys()].filter((status) => !['200', '503', 'broken'].includes(status));
      stage.claim('no other answer than 200 and 503', strange.length === 0, strange);
      stage.figure('nobody is cut off without an answer', report.byStatus.get('broken') ?? 0, 0);
      stage.figure('well again within 1 s', recoveryMs, 1000);
      const figures = Object.fromEntries([...report.byStatus].map(([status, count]) => [`answers ${status}`, count]));
      return { load: report, recoveryMs, figures };
    },
  },
];

async function playDamaged(stage: Stage, settings: readonly string[]): Promise<void> {
  await stage.registry.stop();
  const caller = await stage.caller(settings);
  const answer = await fetch(`${caller.proxyUrl}/fleet/`);
  await answer.arrayBuffer();
  await caller.process.written(/the snapshot on disk is not used/);
  stage.claim('damaged: not used', answer.status === 503, answer.status);
}

/** Mounts a tmpfs of 64 KiB and fills it. Whether that was possible. */
function mountFull(directory: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'pilotfish-chaos', directory], { stdio: 'ignore' });
  } catch {
    return false;
  }
  try {
    execFileSync('dd', ['if=/dev/zero', `of=${directory}/filling`, 'bs=4k'], { stdio: 'ignore' });
  } catch {
    // Full is what it is to be.
  }
  return true;
}
