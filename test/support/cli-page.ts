import type { Command } from 'commander';

/** A command as the reference shows it, made from commander's tree. */
interface Entry {
  /** `pilotfish kv get`. */
  readonly name: string;
  readonly usage: string;
  readonly description: string;
  readonly arguments: readonly Term[];
  readonly options: readonly Term[];
}

interface Term {
  readonly term: string;
  readonly text: string;
}

/** docs/cli.md's tables: a section for each command that can be called. */
export function cliSections(root: Command): string {
  return entries(root)
    .map(({ name, usage, description, arguments: args, options }) => {
      const rows = [...args, ...options].map(
        ({ term, text }) => `| \`${cell(term)}\` | ${cell(text).replaceAll('<', '&lt;')} |`,
      );
      const table = rows.length === 0 ? [] : ['', '| | |', '|---|---|', ...rows];
      return [`### ${name}`, '', `\`${usage}\``, '', sentence(description), ...table].join('\n');
    })
    .join('\n\n');
}

/** docs/pilotfish.1, in man(7) macros. */
export function manPage(root: Command, version: string, sections: readonly ManSection[]): string {
  const commands = entries(root).flatMap(({ name, usage, description, arguments: args, options }) => [
    `.SS ${roff(name)}`,
    `.B ${roff(usage)}`,
    '.PP',
    roff(sentence(description)),
    ...[...args, ...options].flatMap(({ term, text }) => ['.TP', `.B ${roff(term)}`, roff(sentence(text))]),
  ]);
  const others = sections.flatMap(({ title, terms }) => [
    `.SH ${roff(title.toUpperCase())}`,
    ...terms.flatMap(({ term, text }) => ['.TP', `.B ${roff(term)}`, roff(text)]),
  ]);
  return `${[
    `.TH PILOTFISH 1 "" "pilotfish ${version}" "User Commands"`,
    '.SH NAME',
    'pilotfish \\- find the services that an app calls, and balance the calls',
    '.SH SYNOPSIS',
    '.B pilotfish',
    '.I command',
    '.RI [ options ]',
    '.SH DESCRIPTION',
    roff(sentence(root.description())),
    '.SH COMMANDS',
    ...commands,
    ...others,
  ].join('\n')}\n`;
}

/** A section of the man page besides the commands. */
export interface ManSection {
  readonly title: string;
  readonly terms: readonly Term[];
}

function entries(command: Command): Entry[] {
  const help = command.createHelp();
  const inner = help.visibleCommands(command).filter((each) => each.name() !== 'help');
  if (inner.length > 0) return inner.flatMap(entries);
  const usage = help.commandUsage(command);
  return [
    {
      name: usage.replace(/ [[<].*$/, ''),
      usage,
      description: command.description(),
      arguments: help.visibleArguments(command).map((argument) => ({
        term: help.argumentTerm(argument),
        text: help.argumentDescription(argument),
      })),
      options: help
        .visibleOptions(command)
        .filter(({ long }) => long !== '--help')
        .map((option) => ({ term: help.optionTerm(option), text: help.optionDescription(option) })),
    },
  ];
}

function sentence(text: string): string {
  return text === '' ? '' : `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.…)]$/.test(text) ? '' : '.'}`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

/** Text that roff shows as it is: escapes, hyphens that are hyphens when copied, and no line that begins as a request. */
function roff(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('’', '\\(cq')
    .replaceAll('…', '...')
    .replaceAll('→', '\\(->')
    .replaceAll('–', '\\(en');
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}
