import { Command } from 'commander';
import type { ConfigLayer } from '../app/config-layer.ts';
import { createLogger } from '../app/logging.ts';
import { addConfigOptions, type ConfigFlags, configFromFlags } from './config-options.ts';
import { EXIT } from './exit-code.ts';

/** How long a stuck log reader may hold the end up. */
const FLUSH_MS = 1000;

/** `pilotfish run [flags] [-- app args…]`: the sidecar. */
export function runCommand(): Command {
  const command = new Command('run')
    .description('the sidecar; with -- app args… it starts the app too, and ends with its exit code')
    .argument('[app...]', 'program and arguments, after --')
    .passThroughOptions();
  return addConfigOptions(command).action(async (app: readonly string[], flags: ConfigFlags) => {
    const load = (kv?: ConfigLayer) => configFromFlags(flags, kv);
    const loaded = load();
    const { logger, writer } = createLogger(loaded.config.telemetry.logs);
    const { runSidecar } = await import('../app/run-sidecar.ts');
    try {
      process.exitCode = await runSidecar({
        loaded,
        load,
        logger,
        writer,
        worker: { program: process.argv[1] ?? '', args: ['worker'] },
        app,
        onSecondInterrupt: () => process.exit(EXIT.interrupted),
      });
    } finally {
      await writer.flush(FLUSH_MS);
    }
    // The OpenTelemetry SDK may keep a timer for as long as an export may take.
    process.exit();
  });
}
