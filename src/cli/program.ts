import { Command } from 'commander';
import { VERSION } from '../app/version.ts';
import { checkCommand } from './check-command.ts';
import { completionCommand } from './completion-command.ts';
import { configCommand } from './config-command.ts';
import { demoCommand } from './demo-command.ts';
import { devCommand } from './dev-command.ts';
import { kvCommand } from './kv-command.ts';
import { marathonCommand } from './marathon-command.ts';
import { drainCommand, maintenanceCommand } from './presence-commands.ts';
import { deregisterCommand, registerCommand } from './register-commands.ts';
import { runCommand } from './run-command.ts';
import { tapCommand } from './tap-command.ts';
import { explainCommand, instancesCommand, servicesCommand } from './view-commands.ts';
import { workerCommand } from './worker-command.ts';

/** Every command; help and usage errors are commander's. */
export function program(): Command {
  const root = new Command('pilotfish')
    .description(
      'A sidecar that registers the app beside it in Consul and balances the calls it makes to other services.',
    )
    .version(VERSION, '-V, --version')
    .showHelpAfterError('(pilotfish --help shows the commands)')
    .showSuggestionAfterError()
    .enablePositionalOptions();
  root.addCommand(runCommand());
  root.addCommand(workerCommand(), { hidden: true });
  root.addCommand(devCommand());
  root.addCommand(demoCommand());
  root.addCommand(checkCommand());
  root.addCommand(servicesCommand());
  root.addCommand(instancesCommand());
  root.addCommand(explainCommand());
  root.addCommand(tapCommand());
  root.addCommand(registerCommand());
  root.addCommand(deregisterCommand());
  root.addCommand(drainCommand());
  root.addCommand(maintenanceCommand());
  root.addCommand(kvCommand());
  root.addCommand(marathonCommand());
  root.addCommand(configCommand());
  root.addCommand(completionCommand());
  root
    .command('version')
    .description('print the version')
    .action(() => {
      process.stdout.write(`pilotfish ${VERSION} (node ${process.version})\n`);
    });
  return strict(root);
}

/** Usage errors are thrown, not exited on, for every command alike. */
function strict(command: Command, path: string = command.name()): Command {
  command.exitOverride();
  if (command.commands.length === 0) command.showHelpAfterError(`(${path} --help shows its arguments and flags)`);
  for (const inner of command.commands) strict(inner, `${path} ${inner.name()}`);
  return command;
}
