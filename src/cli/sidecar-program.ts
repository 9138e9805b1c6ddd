import type { Command } from 'commander';
import { rootCommand } from './root-command.ts';
import { runCommand } from './run-command.ts';
import { workerCommand } from './worker-command.ts';

/** The commands of a sidecar alone: without all the others it starts sooner and holds less. */
export function sidecarProgram(): Command {
  return rootCommand([runCommand()], [workerCommand()]);
}
