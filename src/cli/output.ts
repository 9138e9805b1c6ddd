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

/**
 * Writes rows in columns to standard output; a column is as wide as its widest cell, the last is cut at the terminal's
 * width. Without a terminal nothing is cut.
 */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => printable(row[column] ?? '').length)),
  );
  const limit = process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        column === head.length - 1 ? printable(cell) : printable(cell).padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  const cut = (text: string) => (text.length > limit ? `${text.slice(0, limit - 1)}…` : text);
  process.stdout.write(`${styled('bold', cut(line(head)))}\n`);
  for (const row of rows) process.stdout.write(`${cut(line(row))}\n`);
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
