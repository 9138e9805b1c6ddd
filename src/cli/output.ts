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

/** Columns are not made narrower than this. */
const MIN_WIDTH = 12;
/** The last column, where the prose is, gives way first, down to this. */
const MIN_LAST_WIDTH = 24;

/**
 * Rows in columns, the head first: a column is as wide as its widest cell. Where they are wider than `width` together, the last
 * column gives way, then the widest of the others; what does not fit its column goes on in the next line. Nothing is left out.
 */
export function tableLines(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width: number,
): readonly string[] {
  const table = [head, ...rows].map((row) => head.map((_title, column) => printable(row[column] ?? '')));
  const widths = columnWidths(table, width);
  return table.flatMap((row) => {
    const cells = row.map((cell, column) => wrapped(cell, widths[column] ?? cell.length));
    const height = Math.max(...cells.map(({ length }) => length));
    return Array.from({ length: height }, (_line, index) =>
      cells
        .map((pieces, column) => (pieces[index] ?? '').padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  });
}

function columnWidths(table: readonly (readonly string[])[], width: number): readonly number[] {
  const widths = (table[0] ?? []).map((_title, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const last = widths.length - 1;
  let tooMuch = widths.reduce((sum, each) => sum + each, 2 * last) - width;
  while (tooMuch > 0) {
    const widest = widths.indexOf(Math.max(...widths.slice(0, last)));
    const column = (widths[last] ?? 0) > MIN_LAST_WIDTH ? last : widest;
    const least = column === last ? MIN_LAST_WIDTH : MIN_WIDTH;
    const spare = Math.min(tooMuch, (widths[column] ?? 0) - least);
    if (spare <= 0) break;
    // The widest gives way a character at a time, so that two wide ones end up alike.
    const given = column === last ? spare : 1;
    widths[column] = (widths[column] ?? 0) - given;
    tooMuch -= given;
  }
  return widths;
}

/** The text in pieces of at most `width` characters, cut between words where there are some. */
export function wrapped(text: string, width: number): readonly string[] {
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
