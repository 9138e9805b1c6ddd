import { Command } from 'commander';
import { VERSION } from '../app/version.ts';

/** The program with these commands; help is commander's, and usage errors are thrown, not exited on, for every command alike. */
export function rootCommand(commands: readonly Command[], hidden: readonly Command[]): Command {
  const root = new Command('pilotfish')
    .description(
      'A sidecar that registers the app beside it in Consul and balances the calls it makes to other services.',
    )
    .version(VERSION, '-V, --version')
    .showHelpAfterError('(pilotfish --help shows the commands)')
    .showSuggestionAfterError()
    .enablePositionalOptions();
  for (const command of commands) root.addCommand(command);
  for (const command of hidden) root.addCommand(command, { hidden: true });
  return strict(root);
}

function strict(command: Command, path: string = command.name()): Command {
  command.exitOverride();
  if (command.commands.length === 0) command.showHelpAfterError(`(${path} --help shows its arguments and flags)`);
  for (const inner of command.commands) strict(inner, `${path} ${inner.name()}`);
  return command;
}
