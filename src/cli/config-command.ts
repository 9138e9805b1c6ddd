import { Command, Option } from 'commander';
import { configJsonSchema } from '../app/config-json-schema.ts';
import { effectiveSettings } from '../app/effective-settings.ts';
import { addConfigOptions, type ConfigFlags, configFromFlags } from './config-options.ts';
import { type OutputFormat, printJson, printNote, printTable } from './output.ts';

/** `pilotfish config validate|show|schema`. */
export function configCommand(): Command {
  const command = new Command('config').description('check and show the configuration');
  addConfigOptions(command.command('validate').description('check the configuration; exit 3 if it is invalid')).action(
    (flags: ConfigFlags) => {
      configFromFlags(flags);
      printNote('the configuration is valid');
    },
  );
  addConfigOptions(command.command('show').description('print every effective value with where it came from'))
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['table', 'json']).default('table'))
    .action((flags: ConfigFlags & { readonly output: OutputFormat }) => {
      const settings = effectiveSettings(configFromFlags(flags));
      if (flags.output === 'json') return printJson(settings);
      printTable(
        ['SETTING', 'VALUE', 'FROM'],
        settings.map(({ path, value, origin }) => [
          path,
          typeof value === 'string' ? value : JSON.stringify(value),
          origin,
        ]),
      );
    });
  command
    .command('schema')
    .description('print the JSON Schema of pilotfish.yaml, for editors')
    .action(() => printJson(configJsonSchema()));
  return command;
}
