import { Argument, Command } from 'commander';
import { type CommandWords, commandWords } from './command-words.ts';
import { bashCompletion, fishCompletion, zshCompletion } from './completion-scripts.ts';

const SCRIPTS: Readonly<Record<string, (commands: readonly CommandWords[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** `pilotfish completion bash|zsh|fish`. */
export function completionCommand(): Command {
  const command = new Command('completion')
    .description('print a script that completes commands and flags in your shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(SCRIPTS)))
    .addHelpText(
      'after',
      `
bash:  source <(pilotfish completion bash)            (in ~/.bashrc)
zsh:   source <(pilotfish completion zsh)             (in ~/.zshrc, after compinit)
fish:  pilotfish completion fish | source             (in ~/.config/fish/config.fish)`,
    )
    .action((shell: string) => {
      const root = command.parent ?? command;
      process.stdout.write(SCRIPTS[shell]?.(commandWords(root)) ?? '');
    });
  return command;
}
