import { Command } from 'commander';

/** `pilotfish worker`: a process that a sidecar with several workers starts; of no use to anybody else, and not shown. */
export function workerCommand(): Command {
  return new Command('worker')
    .description('serves the proxy’s port for a sidecar, which starts it')
    .action(async () => {
      const { runWorker } = await import('../app/workers/run-worker.ts');
      runWorker();
    });
}
