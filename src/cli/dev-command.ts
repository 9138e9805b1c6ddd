import { Command } from 'commander';
import { untilInterrupted } from './interruption.ts';
import { printNote } from './output.ts';

/** `pilotfish dev`: the embedded registry alone. */
export function devCommand(): Command {
  return new Command('dev')
    .description('the embedded registry, on Consul’s HTTP API; for one machine')
    .option('--listen <address>', 'host:port; leaving loopback makes it open to the network', '127.0.0.1:8500')
    .option('--node <name>', 'node name in the catalog')
    .option('--datacenter <name>', 'datacenter in the catalog', 'dc1')
    .option('--data-dir <dir>', 'keep the state here over restarts; left out, it is in memory')
    .action(
      async (flags: {
        readonly listen: string;
        readonly node?: string;
        readonly datacenter: string;
        readonly dataDir?: string;
      }) => {
        const { startRegistry } = await import('../app/registry.ts');
        await using registry = await startRegistry({ ...flags, logs: true });
        printNote(
          `registry on ${registry.address}, ${flags.dataDir === undefined ? 'in memory' : `kept in ${flags.dataDir}`}; Ctrl-C ends it`,
        );
        await untilInterrupted();
      },
    );
}
