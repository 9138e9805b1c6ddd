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
import { rootCommand } from './root-command.ts';
import { runCommand } from './run-command.ts';
import { tapCommand } from './tap-command.ts';
import { explainCommand, instancesCommand, servicesCommand } from './view-commands.ts';
import { workerCommand } from './worker-command.ts';

/** Every command. */
export function program(): Command {
  const commands = [
    runCommand(),
    devCommand(),
    demoCommand(),
    checkCommand(),
    servicesCommand(),
    instancesCommand(),
    explainCommand(),
    tapCommand(),
    registerCommand(),
    deregisterCommand(),
    drainCommand(),
    maintenanceCommand(),
    kvCommand(),
    marathonCommand(),
    configCommand(),
    completionCommand(),
    versionCommand(),
  ];
  return rootCommand(commands, [workerCommand()]);
}

function versionCommand(): Command {
  return new Command('version').description('print the version').action(() => {
    process.stdout.write(`pilotfish ${VERSION} (node ${process.version})\n`);
  });
}
