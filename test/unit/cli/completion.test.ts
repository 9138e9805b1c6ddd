import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commandWords } from '../../../src/cli/command-words.ts';
import { bashCompletion, fishCompletion, zshCompletion } from '../../../src/cli/completion-scripts.ts';
import { program } from '../../../src/cli/program.ts';

const words = commandWords(program());
const has = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0;

/** What bash offers after these words, the last of which is being typed. */
function offered(...line: readonly string[]): string[] {
  const list = ['pilotfish', ...line].map((word) => `'${word}'`).join(' ');
  const script = `${bashCompletion(words)}
COMP_WORDS=(${list}); COMP_CWORD=${line.length}; _pilotfish; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).split('\n').filter(Boolean);
}

describe('completion', () => {
  test('knows every command, the hidden ones left out', () => {
    const top = words[0]?.commands.map(({ word }) => word) ?? [];
    for (const name of ['run', 'dev', 'demo', 'explain', 'tap', 'register', 'deregister', 'drain', 'completion'])
      expect(top).toContain(name);
    expect(words.map(({ path }) => path.join(' '))).toContain('maint on');
    expect(top).not.toContain('worker');
  });

  test.each([
    ['bash', bashCompletion],
    ['zsh', zshCompletion],
    ['fish', fishCompletion],
  ] as const)('%s finds the script well-formed', (shell, make) => {
    const script = make(words);
    for (const word of ['deregister', '--min-duration', 'maint']) expect(script).toContain(word.replace(/^--/, ''));
    if (!has(shell)) return;
    const dir = mkdtempSync(join(tmpdir(), 'pilotfish-completion-'));
    try {
      writeFileSync(join(dir, 'script'), script);
      const { status, stderr } = spawnSync(shell, ['-n', join(dir, 'script')], { encoding: 'utf8' });
      expect(stderr).toBe('');
      expect(status).toBe(0);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

const FISH = 'fish';

/** What fish offers. */
function offeredInFish(...line: readonly string[]): string[] {
  const script = `${fishCompletion(words)}\ncomplete -C ${JSON.stringify(`pilotfish ${line.join(' ')}`)}`;
  const { stdout } = spawnSync(FISH, ['--no-config', '-c', script], { encoding: 'utf8' });
  return stdout.split('\n').flatMap((each) => each.split('\t')[0] || []);
}

const SHELLS = [
  ['bash', offered],
  [FISH, offeredInFish],
] as const;

describe.each(SHELLS)('in %s', (shell, offer) => {
  test.skipIf(!has(shell)).each<[string, readonly string[], readonly string[]]>([
    ['a command', ['dereg'], ['deregister']],
    ['a command of a command', ['maint', 'o'], ['off', 'on']],
    ['a flag of the command at hand', ['tap', '--min'], ['--min-duration']],
    ['a flag after an argument', ['tap', 'orders', '--err'], ['--errors']],
    ['the values of a flag', ['services', '-o', ''], ['json', 'table']],
    ['the values of an argument', ['completion', 'z'], ['zsh']],
  ])('completes %s', (_what, line, expected) => {
    expect(offer(...line).sort()).toEqual(expected);
  });
});
