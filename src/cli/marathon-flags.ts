import { type Command, InvalidArgumentError, Option } from 'commander';
import type { EffectiveSetting } from '../app/effective-settings.ts';
import type { Environment } from '../consul/environment.ts';
import { SWITCH_FLAGS, VALUE_FLAGS } from './marathon-flag-table.ts';
import { asSwitch } from './marathon-values.ts';

/** Adds the flags of the bridge to its command. */
export function addMarathonFlags(command: Command): Command {
  for (const { flags, text, variable, fallback, shown, choices, conflicts, read } of VALUE_FLAGS) {
    const option = new Option(flags, variable === undefined ? text : `${text} (env ${variable})`);
    if (read !== undefined) option.argParser<unknown>(read);
    if (choices !== undefined) option.choices(choices);
    if (conflicts !== undefined) option.conflicts(conflicts);
    if (fallback !== undefined) option.default(fallback, shown);
    command.addOption(option);
  }
  for (const { name, variable, text, fallback } of SWITCH_FLAGS) {
    command.addOption(new Option(`--${name}`, `${text} (env ${variable})`).default(fallback));
    command.addOption(new Option(`--no-${name}`, `not --${name}`));
  }
  return command;
}

/**
 * Takes what the flags did not say from the environment.
 * @throws CommanderError (usage) that names the variable
 */
export function applyEnvironment(command: Command, environment: Environment): void {
  const apply = (flags: string, variable: string | undefined, readSwitch?: (text: string) => boolean): void => {
    const option = command.options.find((each) => each.flags === flags);
    const text = variable === undefined ? undefined : environment[variable];
    if (option === undefined || text === undefined || text === '') return;
    const key = option.attributeName();
    if (command.getOptionValueSource(key) === 'cli') return;
    try {
      const value = readSwitch?.(text) ?? option.parseArg?.(text, undefined) ?? text;
      command.setOptionValueWithSource(key, value, `env ${variable}`);
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      command.error(`error: env ${variable} value '${text}' is invalid. ${error.message}`);
    }
  };
  for (const { flags, variable } of VALUE_FLAGS) apply(flags, variable);
  for (const { name, variable } of SWITCH_FLAGS) apply(`--${name}`, variable, asSwitch);
}

/** What is not shown to whoever may read the configuration. */
const SECRETS: ReadonlySet<string> = new Set(['token', 'marathonToken', 'marathonAuth']);

/** Every flag as it is in force, and where it was said; secrets hidden. */
export function effectiveFlags(command: Command): readonly EffectiveSetting[] {
  return command.options.flatMap((option): readonly EffectiveSetting[] => {
    const key = option.attributeName();
    const value: unknown = command.getOptionValue(key);
    if (value === undefined || option.negate || option.long === undefined) return [];
    const source = command.getOptionValueSource(key);
    const origin = source === 'cli' ? option.long : (source ?? 'default');
    return [{ path: option.long.slice(2), value: SECRETS.has(key) ? '(hidden)' : value, origin }];
  });
}
