/** What a page asks its reader to do, in order. */
export interface WalkStep {
  /**
   * `run`: typed, and waited for. `background`: typed into a terminal of its own, where it stays. `console`: typed, and what is
   * printed is on the page too. `file`: saved under a name.
   */
  readonly kind: 'run' | 'background' | 'console' | 'file';
  readonly text: string;
  /** What is printed; of a `console` step. The name of the file; of a `file`. */
  readonly beside: string;
  /** The line of the page. */
  readonly line: number;
}

/**
 * The steps of a page. Blocks of code are steps by the second word of their first line, which no reader sees:
 * `sh run`, `sh background`, `console run` (lines that begin with `$ ` are commands, the others what they print),
 * `yaml file=NAME`. Other blocks are not done.
 */
export function stepsIn(page: string): readonly WalkStep[] {
  const steps: WalkStep[] = [];
  const lines = page.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const [, indent, language = '', word = ''] = /^(\s*)```(\w+)(?: (\S+))?$/.exec(lines[at] ?? '') ?? [];
    if (indent === undefined) continue;
    const line = at + 2;
    const body: string[] = [];
    for (at += 1; at < lines.length && lines[at]?.trim() !== '```'; at++)
      body.push((lines[at] ?? '').slice(indent.length));
    const text = body.join('\n');
    if (language === 'console' && word === 'run') steps.push(...commandsIn(body, line));
    else if (word === 'run' || word === 'background') steps.push({ kind: word, text, beside: '', line });
    else if (word.startsWith('file=')) steps.push({ kind: 'file', text: `${text}\n`, beside: word.slice(5), line });
  }
  return steps;
}

function commandsIn(body: readonly string[], line: number): readonly WalkStep[] {
  const steps: { kind: 'console'; text: string; beside: string; line: number }[] = [];
  for (const [index, text] of body.entries()) {
    if (text.startsWith('$ ')) steps.push({ kind: 'console', text: text.slice(2), beside: '', line: line + index });
    else if (steps.at(-1) !== undefined) (steps.at(-1) as { beside: string }).beside += `${text}\n`;
  }
  return steps;
}

/**
 * Output without what differs from run to run: numbers, dates, the machine's name, and how far columns are apart. Two texts that
 * are the same after it say the same.
 */
export function steady(text: string, host: string): string {
  return text
    .replaceAll('\r', '')
    .replaceAll(host, 'vm')
    .replace(/\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} [\d:]{8} GMT/g, 'DATE')
    .replace(/\b[0-9a-f]{16,}\b/g, 'ID')
    .replace(/\d+(?:\.\d+)?/g, 'N')
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ +$/gm, '')
    .trim();
}
