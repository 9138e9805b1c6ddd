import { TOKEN_FOLDED } from './bytes.ts';
import type { FieldBlock } from './field-block.ts';

/** How the end of a body is known (RFC 9112 §6.3). */
export type Framing = 'none' | 'length' | 'chunked' | 'close';

/** Lengths of more digits are refused: 15 digits stay exact in a double. */
const MAX_LENGTH_DIGITS = 15;

/** The number in a Content-Length value; -1 unless it is digits only. `5, 5`, `+5` and `0x5` are refused (RFC 9112 §6.3). */
export function contentLength(bytes: Uint8Array, start: number, end: number): number {
  if (start === end || end - start > MAX_LENGTH_DIGITS) return -1;
  let length = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] as number) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    length = length * 10 + digit;
  }
  return length;
}

/** Whether a value is exactly `word` (lower case), whatever its case. */
export function isWord(bytes: Uint8Array, start: number, end: number, word: string): boolean {
  if (end - start !== word.length) return false;
  for (let at = start; at < end; at++) if (((bytes[at] as number) | 0x20) !== word.charCodeAt(at - start)) return false;
  return true;
}

/** Whether the comma-separated tokens in a value contain `word` (lower case, without `_`). */
export function listHas(bytes: Uint8Array, start: number, end: number, word: string): boolean {
  let at = start;
  while (at < end) {
    let from = at;
    while (at < end && bytes[at] !== 0x2c) at++;
    let to = at++;
    while (from < to && (bytes[from] === 0x20 || bytes[from] === 0x09)) from++;
    while (to > from && (bytes[to - 1] === 0x20 || bytes[to - 1] === 0x09)) to--;
    if (isWord(bytes, from, to, word)) return true;
  }
  return false;
}

/** The names that a Connection value nominates, in lower case; undefined when a member is no token. */
export function nominated(block: FieldBlock, bytes: Buffer, index: number): readonly string[] | undefined {
  const names: string[] = [];
  for (const member of block.value(bytes, index).split(',')) {
    const name = member.trim();
    if (name === '') continue;
    for (let at = 0; at < name.length; at++) if (TOKEN_FOLDED[name.charCodeAt(at)] === 0) return undefined;
    names.push(name.toLowerCase());
  }
  return names;
}
