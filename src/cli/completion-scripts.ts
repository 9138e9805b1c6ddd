import type { CommandWords } from './command-words.ts';

/** For bash 4 and later. */
export function bashCompletion(commands: readonly CommandWords[]): string {
  const cases = commands.map(({ path, commands: inner, flags, choices }) => {
    const words = [
      ...inner.map(({ word }) => word),
      ...choices,
      ...flags.flatMap(({ long, short }) => (short === undefined ? [long] : [long, short])),
    ];
    return `    ${quoted(path.join(' '))}) words=${quoted(words.join(' '))} ;;`;
  });
  const values = flagsWithChoices(commands).map(
    ([flag, choices]) => `    ${flag}) COMPREPLY=($(compgen -W ${quoted(choices.join(' '))} -- "$current")); return ;;`,
  );
  const files = flagsWithFiles(commands);
  const paths = pathsOf(commands);
  return `# bash completion for pilotfish
_pilotfish() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path='' words='' word candidate
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    candidate="\${path:+$path }$word"
    case "$candidate" in
      ${paths.map(quoted).join('|')}) path="$candidate" ;;
    esac
  done
  case "$previous" in
${values.join('\n')}
    ${files.join('|')}) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _pilotfish pilotfish
`;
}

/** For zsh, with its completion system loaded. */
export function zshCompletion(commands: readonly CommandWords[]): string {
  const cases = commands.map(({ path, commands: inner, flags, choices }) => {
    const words = [
      ...inner.map(({ word, help }) => described(word, help)),
      ...choices.map((choice) => quoted(choice)),
      ...flags.map(({ long, help }) => described(long, help)),
    ];
    return `    ${quoted(path.join(' '))}) offers=(${words.join(' ')}) ;;`;
  });
  const values = flagsWithChoices(commands).map(
    ([flag, choices]) => `    ${flag}) compadd -- ${choices.map(quoted).join(' ')}; return ;;`,
  );
  return `#compdef pilotfish
_pilotfish() {
  local path_='' word candidate
  local -a before offers
  before=("\${(@)words[2,CURRENT-1]}")
  local previous="\${before[-1]}"
  for word in "\${before[@]}"; do
    candidate="\${path_:+$path_ }$word"
    case "$candidate" in
      ${pathsOf(commands).map(quoted).join('|')}) path_="$candidate" ;;
    esac
  done
  case "$previous" in
${values.join('\n')}
    ${flagsWithFiles(commands).join('|')}) _files; return ;;
  esac
  case "$path_" in
${cases.join('\n')}
  esac
  _describe 'pilotfish' offers
}
compdef _pilotfish pilotfish
`;
}

/** For fish. */
export function fishCompletion(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap(({ path, commands: inner, flags, choices }) => {
    const condition = `-n "__pilotfish_at ${quoted(path.join(' '))}"`;
    return [
      ...inner.map(({ word, help }) => `complete -c pilotfish -f ${condition} -a ${quoted(word)} -d ${quoted(help)}`),
      ...choices.map((choice) => `complete -c pilotfish -f ${condition} -a ${quoted(choice)}`),
      ...flags.map(({ long, short, help, takesValue, choices: values }) => {
        const letter = short === undefined ? '' : ` -s ${short.slice(1)}`;
        const value = takesValue ? (values.length > 0 ? ` -x -a ${quoted(values.join(' '))}` : ' -r') : '';
        return `complete -c pilotfish ${condition} -l ${long.slice(2)}${letter}${value} -d ${quoted(help)}`;
      }),
    ];
  });
  return `# fish completion for pilotfish
function __pilotfish_at
  set -l path ''
  for word in (commandline -opc)[2..-1]
    set -l candidate (string trim -- "$path $word")
    if contains -- $candidate ${pathsOf(commands).map(quoted).join(' ')}
      set path $candidate
    end
  end
  test "$path" = "$argv[1]"
end
${lines.join('\n')}
`;
}

/** The words that lead to each command but the program itself. */
function pathsOf(commands: readonly CommandWords[]): string[] {
  return commands.flatMap(({ path }) => (path.length === 0 ? [] : [path.join(' ')]));
}

/** Flags of which the values are known; the same flag takes the same values everywhere. */
function flagsWithChoices(commands: readonly CommandWords[]): readonly (readonly [string, readonly string[]])[] {
  const known = new Map<string, readonly string[]>();
  for (const { flags } of commands) {
    for (const { long, short, choices } of flags) {
      if (choices.length > 0) known.set(short === undefined ? long : `${long}|${short}`, choices);
    }
  }
  return [...known];
}

/** Flags that take a file or a folder. */
function flagsWithFiles(commands: readonly CommandWords[]): readonly string[] {
  const found = new Set<string>();
  for (const { flags } of commands) {
    for (const { long, short, takesValue } of flags) {
      if (!takesValue || !/config|file|dir/.test(long)) continue;
      found.add(long);
      if (short !== undefined) found.add(short);
    }
  }
  return [...found];
}

/** In single quotes, as all three shells read them (fish and bash differ on the quote itself, which no name has). */
function quoted(text: string): string {
  return `'${text.replaceAll("'", '’').replaceAll('\\', '/')}'`;
}

/** `word:help` as zsh's `_describe` takes it. */
function described(word: string, help: string): string {
  return quoted(`${word.replaceAll(':', '\\:')}:${help}`);
}
