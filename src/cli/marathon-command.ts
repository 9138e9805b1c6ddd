import { Command, Option } from 'commander';
import type { EffectiveSetting } from '../app/effective-settings.ts';
import { LogFile } from '../app/log-file.ts';
import { createLogger } from '../app/logging.ts';
import { type MarathonFlags, marathonSettings } from '../app/marathon/marathon-settings.ts';
import { EXIT } from './exit-code.ts';
import { addMarathonFlags, applyEnvironment, effectiveFlags } from './marathon-flags.ts';
import { printPlan } from './marathon-plan.ts';
import type { OutputFormat } from './output.ts';

/** How long a stuck log reader may hold the end up. */
const FLUSH_MS = 1000;

/** What commander makes of the flags. */
interface Flags extends MarathonFlags {
  readonly logfile: string;
  readonly logFormat: 'auto' | 'json' | 'pretty';
  readonly debug: boolean;
  readonly adminListen: string;
  readonly plan: boolean;
  readonly output: OutputFormat;
}

/** `pilotfish marathon`: the Marathon → Consul bridge. */
export function marathonCommand(): Command {
  const command = new Command('marathon')
    .description('the Marathon → Consul bridge: keeps in Consul what Marathon runs, as Consular did')
    .addOption(new Option('--plan', 'print what would be changed, change nothing; exit code 10 if there is anything'));
  return addMarathonFlags(command).action(async () => {
    applyEnvironment(command, process.env);
    const flags = command.opts<Flags>();
    const settings = marathonSettings(flags, process.env);
    if (flags.plan) process.exitCode = await plan(settings, flags.output);
    else await run(settings, flags, effectiveFlags(command));
  });
}

type Settings = ReturnType<typeof marathonSettings>;

async function plan(settings: Settings, output: OutputFormat): Promise<number> {
  const { planBridge } = await import('../app/marathon/plan-bridge.ts');
  const report = await planBridge(settings);
  printPlan(report, output);
  return report.isSame ? EXIT.fine : EXIT.changesPlanned;
}

async function run(
  settings: Settings,
  { logfile, logFormat, debug, adminListen }: Flags,
  shown: readonly EffectiveSetting[],
): Promise<void> {
  using file = logfile === '-' ? undefined : new LogFile(logfile);
  const { logger, writer } = createLogger({ level: debug ? 'debug' : 'info', format: logFormat }, file);
  const { runBridge } = await import('../app/marathon/run-bridge.ts');
  try {
    process.exitCode = await runBridge({
      settings,
      shown,
      adminListen,
      logger,
      writer,
      reopenLog: () => file?.reopen(),
      onSecondInterrupt: () => process.exit(EXIT.interrupted),
    });
  } finally {
    await writer.flush(FLUSH_MS);
  }
  // The OpenTelemetry SDK may keep a timer for as long as an export may take.
  process.exit();
}
