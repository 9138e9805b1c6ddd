import type { Command } from 'commander';

/** A word that may follow, and what it does. */
export interface Word {
  readonly word: string;
  readonly help: string;
}

/** A flag of a command. */
export interface FlagWords {
  readonly long: string;
  readonly short: string | undefined;
  readonly help: string;
  readonly takesValue: boolean;
  /** The values it takes; empty: any. */
  readonly choices: readonly string[];
}

/** What may follow a command. */
export interface CommandWords {
  /** The words that lead to it, without the program's name: empty for the program itself. */
  readonly path: readonly string[];
  readonly commands: readonly Word[];
  readonly flags: readonly FlagWords[];
  /** Values of its first argument, where only a few are allowed. */
  readonly choices: readonly string[];
}

/** What may follow each command, read from the commands themselves: a script made of it cannot be out of date. */
export function commandWords(root: Command): readonly CommandWords[] {
  return wordsOf(root, []);
}

function wordsOf(command: Command, path: readonly string[]): CommandWords[] {
  const visible = command.createHelp().visibleCommands(command);
  const own: CommandWords = {
    path,
    commands: visible.map((each) => ({ word: each.name(), help: each.description() })),
    flags: command
      .createHelp()
      .visibleOptions(command)
      .flatMap(({ long, short, description, required, optional, argChoices }) =>
        long === undefined
          ? []
          : [{ long, short, help: description, takesValue: required || optional, choices: argChoices ?? [] }],
      ),
    choices: command.registeredArguments[0]?.argChoices ?? [],
  };
  // `help` repeats the commands; completing it once is enough.
  const inner = visible.filter((each) => each.name() !== 'help');
  return [own, ...inner.flatMap((each) => wordsOf(each, [...path, each.name()]))];
}
