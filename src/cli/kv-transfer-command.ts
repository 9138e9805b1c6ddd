import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { CodedError } from '../runtime/coded-error.ts';
import { addKvOptions, type KvFlags, readStdin, withConsul, writeOut } from './kv-options.ts';
import { printNote } from './output.ts';

/** `pilotfish kv export [PREFIX]`. */
export function kvExportCommand(): Command {
  return addKvOptions(new Command('export'))
    .description('print all keys with values and flags, in the format of consul kv export')
    .argument('[prefix]', 'only those that start so', '')
    .action(async (prefix: string, flags: KvFlags) => {
      const { exportArchive } = await import('../app/kv-transfer.ts');
      await writeOut(await withConsul(flags, (consul) => exportArchive(consul, prefix)));
    });
}

/** `pilotfish kv import FILE|-`. */
export function kvImportCommand(): Command {
  return addKvOptions(new Command('import'))
    .description('store what kv export, or consul kv export, has printed; other keys stay')
    .argument('<file>', 'or - for standard input')
    .action(async (file: string, flags: KvFlags) => {
      const { importArchive } = await import('../app/kv-transfer.ts');
      const text = (file === '-' ? await readStdin() : await contentOf(file)).toString('utf8');
      const count = await withConsul(flags, (consul) => importArchive(consul, text));
      printNote(`imported ${count} keys`);
    });
}

async function contentOf(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    const message = `${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new CodedError(message, { code: 'kv_archive_invalid', side: 'app', retryable: false, cause });
  }
}
