import { styleText } from 'node:util';

/** How data is written: for people, or for programs. */
export type OutputFormat = 'table' | 'json';

/** Writes data to standard output, as JSON. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** A line on standard error: progress, warnings, problems. */
export function printNote(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Writes rows in columns to standard output, as wide as the terminal; without a terminal no line is broken. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const width = process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
  const [title = '', ...lines] = tableLines(head, rows, width);
  process.stdout.write(`${styled('bold', title)}\n${lines.map((line) => `${line}\n`).join('')}`);
}

/** Less room than this beside the other columns, and the last one begins a line of its own. */
const MIN_LAST_WIDTH = 24;
const OWN_LINE_INDENT = 4;

/**
 * Rows in columns, the head first: a column is as wide as its widest cell, and the last, where the prose is, goes on in
 * further lines when `width` ends. A row has at least a line; nothing is left out.
 */
export function tableLines(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width: number,
): readonly string[] {
  const last = head.length - 1;
  const cells = [head, ...rows].map((row) => head.map((_title, column) => printable(row[column] ?? '')));
  const widths = head.map((_title, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lastStart = widths.slice(0, last).reduce((sum, each) => sum + each + 2, 0);
  const isBeside = lastStart + Math.min(widths[last] ?? 0, MIN_LAST_WIDTH) <= width;
  const indent = isBeside ? lastStart : OWN_LINE_INDENT;
  return cells.flatMap((row) => {
    const before = row
      .slice(0, last)
      .map((cell, column) => cell.padEnd((widths[column] ?? 0) + 2))
      .join('');
    const pieces = wrapped(row[last] ?? '', width - indent).map((piece) => ' '.repeat(indent) + piece);
    const lines = isBeside ? [before + (pieces[0] ?? '').slice(indent), ...pieces.slice(1)] : [before, ...pieces];
    return lines.map((line) => line.trimEnd()).filter((line, index) => index === 0 || line !== '');
  });
}

/** The text in pieces of at most `width` characters, cut between words where there are some. */
function wrapped(text: string, width: number): readonly string[] {
  const pieces: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width);
    const end = space > width / 2 ? space : width;
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...pieces, rest];
}

/** The text in a style, where standard output is a terminal that wants it (NO_COLOR and FORCE_COLOR are honoured). */
export function styled(style: Parameters<typeof styleText>[0], text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

/** The text without anything that could move the cursor or forge a line. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '�');
}
