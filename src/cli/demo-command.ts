import { Command } from 'commander';
import { EXIT } from './exit-code.ts';
import { untilInterrupted } from './interruption.ts';

/** `pilotfish demo [--once]`. */
export function demoCommand(): Command {
  return new Command('demo')
    .description('three instances, a caller, one killed, one drained: the main job on the embedded registry')
    .option('--once', 'end after the last step; exit 0 only if every request was answered', false)
    .option('--proxy-listen <address>', 'where the caller’s sidecar serves', '127.0.0.1:7700')
    .option('--admin-listen <address>', 'its dashboard', '127.0.0.1:7701')
    .action(async (flags: { readonly once: boolean; readonly proxyListen: string; readonly adminListen: string }) => {
      const { runDemo } = await import('./demo/demo.ts');
      const abort = new AbortController();
      void untilInterrupted().then(() => abort.abort());
      const isWhole = await runDemo({ ...flags, signal: abort.signal });
      process.exitCode = isWhole ? EXIT.fine : EXIT.failed;
    });
}
