import { Command, Option } from 'commander';
import { untilInterrupted } from './interruption.ts';
import { addKvOptions, type KvFlags, withConsul } from './kv-options.ts';
import { type OutputFormat, printNote } from './output.ts';

interface WatchFlags extends KvFlags {
  readonly app?: string;
  readonly profile?: string;
  readonly template?: string;
  readonly out?: string;
  readonly exec?: string;
  readonly once: boolean;
  readonly output: OutputFormat;
}

/** `pilotfish kv watch PREFIX`: changes as they come, or a file that is kept up to date with them. */
export function kvWatchCommand(): Command {
  return addKvOptions(new Command('watch'))
    .description('follow a configuration: print its changes, or keep a file up to date and tell a program')
    .argument('<prefix>', 'the folder of the configuration')
    .option('--app <name>', 'lay the folders of this app over what all share: PREFIX/application, PREFIX/APP')
    .option('--profile <name>', 'and those of this profile: PREFIX/APP,PROFILE')
    .option('--template <what>', 'json, .env, a template file, or a module (.ts, .js) that exports render(config)')
    .addOption(new Option('--out <file>', 'write there, whole and only on change (default: standard output)'))
    .option('--exec <command>', 'run by the shell after each change, for example: kill -HUP 42')
    .option('--once', 'end after the first time', false)
    .addOption(
      new Option('-o, --output <format>', 'how changes are printed').choices(['table', 'json']).default('table'),
    )
    .action(async (prefix: string, flags: WatchFlags, command: Command) => {
      const { template, out, exec } = flags;
      if (template === undefined && (out ?? exec) !== undefined) {
        command.error('error: --out and --exec need a --template: json, .env, or a file', { exitCode: 2 });
      }
      const { followKv } = await import('../app/kv-follow.ts');
      const stop = new AbortController();
      if (!flags.once) void untilInterrupted().then(() => stop.abort());
      await withConsul(flags, (consul) =>
        followKv(
          {
            consul,
            prefix,
            app: flags.app,
            profile: flags.profile,
            template,
            file: out,
            command: exec,
            isOnce: flags.once,
            onText: (text) => process.stdout.write(text),
            onChanges: (changes, tree) => {
              if (flags.output === 'json') process.stdout.write(`${JSON.stringify(tree)}\n`);
              else for (const { path, value } of changes) process.stdout.write(`${path} ${shown(value)}\n`);
            },
            onNote: printNote,
          },
          stop.signal,
        ),
      );
    });
}

function shown(value: unknown): string {
  return value === undefined ? '(gone)' : JSON.stringify(value);
}
