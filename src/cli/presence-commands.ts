import { Command, InvalidArgumentError } from 'commander';
import { DURATION_PATTERN, durationMs } from '../app/units.ts';
import { AdminClient, adminOption } from './admin-client.ts';
import { printNote } from './output.ts';

/** `pilotfish drain [--wait]`: what a preStop hook calls. */
export function drainCommand(): Command {
  return new Command('drain')
    .description('take the app out of the catalog and let its callers go; the sidecar goes on serving')
    .option('--wait', 'return only when the callers have left', false)
    .addOption(adminOption())
    .action(async ({ wait, admin }: { readonly wait: boolean; readonly admin: string }) => {
      await new AdminClient(admin).post(wait ? '/v1/drain?wait' : '/v1/drain');
      printNote(wait ? 'drained' : 'draining');
    });
}

interface MaintenanceFlags {
  readonly admin: string;
  readonly reason: string;
  readonly for?: string;
}

/** `pilotfish maint on|off`. */
export function maintenanceCommand(): Command {
  const command = new Command('maint').description('put the app into maintenance, or take it out');
  command
    .command('on')
    .description('callers stop using the app; it stays registered')
    .option('--reason <text>', 'shown to whoever looks', '')
    .option('--for <duration>', 'ends by itself after this, for example 10m', asDuration)
    .addOption(adminOption())
    .action(async ({ admin, reason, for: duration }: MaintenanceFlags) => {
      const forSeconds = duration === undefined ? {} : { forSeconds: durationMs(duration) / 1000 };
      await new AdminClient(admin).post('/v1/maintenance', { enable: true, reason, ...forSeconds });
      printNote('in maintenance');
    });
  command
    .command('off')
    .description('callers use the app again')
    .addOption(adminOption())
    .action(async ({ admin }: { readonly admin: string }) => {
      await new AdminClient(admin).post('/v1/maintenance', { enable: false });
      printNote('not in maintenance');
    });
  return command;
}

function asDuration(text: string): string {
  if (!DURATION_PATTERN.test(text)) throw new InvalidArgumentError('Expected a duration such as 30s, 10m or 1h.');
  return text;
}
