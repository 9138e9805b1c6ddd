import { Command } from 'commander';
import { deregisterOnce, registerOnce } from '../app/manual-registration.ts';
import { addConfigOptions, type ConfigFlags, configFromFlags } from './config-options.ts';
import { printNote } from './output.ts';

/** `pilotfish register`: by hand, for what has no sidecar of its own. */
export function registerCommand(): Command {
  const command = new Command('register').description(
    'register a service at the Consul agent and end; a sidecar (pilotfish run) would look after it too',
  );
  return addConfigOptions(command).action(async (flags: ConfigFlags) => {
    const { id, address, warnings } = await registerOnce(configFromFlags(flags));
    for (const warning of warnings) printNote(`warning: ${warning}`);
    process.stdout.write(`${id}\n`);
    printNote(`registered, at ${address}; pilotfish deregister ${id} takes it out again`);
  });
}

/** `pilotfish deregister ID`. */
export function deregisterCommand(): Command {
  const command = new Command('deregister')
    .description('take a service out of the Consul agent it is registered at')
    .argument('<id>', 'service id, as register printed it and pilotfish instances shows it after the node');
  return addConfigOptions(command).action(async (id: string, flags: ConfigFlags) => {
    const wasThere = await deregisterOnce(configFromFlags(flags), id);
    printNote(wasThere ? `${id} is deregistered` : `${id} was not registered at this agent; nothing to do`);
  });
}
