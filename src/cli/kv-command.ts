import { isUtf8 } from 'node:buffer';
import { Command, Option } from 'commander';
import type { KvEntry } from '../consul/decode/kv.ts';
import { CodedError } from '../runtime/coded-error.ts';
import { addKvOptions, asFlags, asIndex, type KvFlags, readStdin, withConsul, writeOut } from './kv-options.ts';
import { kvExportCommand, kvImportCommand } from './kv-transfer-command.ts';
import { kvWatchCommand } from './kv-watch-command.ts';
import { type OutputFormat, printJson, printNote } from './output.ts';

/** `pilotfish kv …`: Consul's key-value store. */
export function kvCommand(): Command {
  const command = new Command('kv').description('Consul’s key-value store');
  for (const inner of [getCommand(), putCommand(), deleteCommand(), listCommand()]) command.addCommand(inner);
  command.addCommand(kvWatchCommand());
  command.addCommand(kvExportCommand());
  command.addCommand(kvImportCommand());
  return command;
}

const outputOption = () =>
  new Option('-o, --output <format>', 'how to print').choices(['table', 'json']).default('table');

function getCommand(): Command {
  interface Flags extends KvFlags {
    readonly recurse: boolean;
    readonly output: OutputFormat;
  }
  return addKvOptions(new Command('get'))
    .description('print a value as it is; with -o json with its flags and version')
    .argument('<key>', 'with --recurse a prefix')
    .option('--recurse', 'all keys that start so; end it with a slash to mean a folder', false)
    .addOption(outputOption())
    .action(async (key: string, flags: Flags) => {
      const entries = await withConsul(flags, async ({ kv }) =>
        flags.recurse ? (await kv.list(key)).value : [(await kv.get(key)).value],
      );
      const found = entries.filter((entry) => entry !== undefined);
      if (found.length === 0) throw noKey(key);
      if (flags.output === 'json') printJson(flags.recurse ? found.map(asJson) : asJson(found[0] as KvEntry));
      else await writeOut(flags.recurse ? Buffer.concat(found.flatMap(asLine)) : (found[0] as KvEntry).value);
      // A terminal's prompt begins on a line of its own.
      if (flags.output === 'table' && !flags.recurse && process.stdout.isTTY) await writeOut('\n');
    });
}

function putCommand(): Command {
  interface Flags extends KvFlags {
    readonly cas?: number;
    readonly flags?: bigint;
  }
  return addKvOptions(new Command('put'))
    .description('store a value')
    .argument('<key>')
    .argument('<value>', 'text, or - for standard input')
    .option('--cas <index>', 'only over this version (ModifyIndex); 0: only if there is no such key', asIndex)
    .option('--flags <number>', 'a number to keep beside the value', asFlags)
    .action(async (key: string, value: string, flags: Flags) => {
      const bytes = value === '-' ? await readStdin() : value;
      const done = await withConsul(flags, ({ kv }) => kv.put(key, bytes, { cas: flags.cas, flags: flags.flags }));
      if (!done) throw otherVersion(key);
      printNote(`stored ${key}`);
    });
}

function deleteCommand(): Command {
  interface Flags extends KvFlags {
    readonly cas?: number;
    readonly recurse: boolean;
  }
  return addKvOptions(new Command('delete'))
    .description('delete a key')
    .argument('<key>', 'with --recurse a prefix')
    .option('--recurse', 'all keys that start so; end it with a slash to mean a folder', false)
    .addOption(new Option('--cas <index>', 'only this version (ModifyIndex)').argParser(asIndex).conflicts('recurse'))
    .action(async (key: string, flags: Flags) => {
      const done = await withConsul(flags, ({ kv }) =>
        flags.recurse ? kv.deletePrefix(key) : kv.delete(key, { cas: flags.cas }),
      );
      if (!done) throw otherVersion(key);
      printNote(`deleted ${key}`);
    });
}

function listCommand(): Command {
  interface Flags extends KvFlags {
    readonly separator?: string;
    readonly output: OutputFormat;
  }
  return addKvOptions(new Command('list'))
    .description('print the names of keys')
    .argument('[prefix]', 'only those that start so', '')
    .option('--separator <text>', 'only up to it, as folders are listed: /')
    .addOption(outputOption())
    .action(async (prefix: string, flags: Flags) => {
      const { value } = await withConsul(flags, ({ kv }) => kv.keys(prefix, { separator: flags.separator }));
      if (flags.output === 'json') printJson(value);
      else await writeOut(value.map((key) => `${key}\n`).join(''));
    });
}

function asJson({ key, value, flags, createIndex, modifyIndex, lockIndex, session }: KvEntry): object {
  const content = isUtf8(value) ? { value: value.toString('utf8') } : { base64: value.toString('base64') };
  // Flags are text, since most JSON readers would change the number.
  return { key, ...content, flags: String(flags), createIndex, modifyIndex, lockIndex, session };
}

/** As `consul kv get -recurse` prints it. */
function asLine({ key, value }: KvEntry): readonly Buffer[] {
  return [Buffer.from(`${key}:`), value, Buffer.from('\n')];
}

function noKey(key: string): CodedError {
  const message = `there is no key ${key}; pilotfish kv list shows those that are`;
  return new CodedError(message, { code: 'kv_no_such_key', side: 'app', retryable: false });
}

function otherVersion(key: string): CodedError {
  const message = `${key} is of another version than --cas says; look at it again with kv get -o json`;
  return new CodedError(message, { code: 'kv_other_version', side: 'app', retryable: false });
}
