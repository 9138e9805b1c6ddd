import type { Random } from '../../src/runtime/random.ts';

/** Chance with names: every draw of a fuzz case comes from here, so that its seed makes the same case again. */
export class Dice {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A whole number in [0, below). */
  below(below: number): number {
    return Math.floor(this.#random() * below);
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  /** One of `choices`. */
  of<T>(choices: readonly T[]): T {
    const choice = choices[this.below(choices.length)];
    if (choice === undefined) throw new Error('nothing to choose from');
    return choice;
  }
}

/** Bytes on which parsers have differed before. */
const SNIPPETS = [
  '\r\n',
  '\n',
  '\r',
  '\r\n\r\n',
  '\n\n',
  '\0',
  '\t',
  ' ',
  '\x0b',
  '\x0c',
  '\x7f',
  '\x80',
  '\xa0',
  '\xff',
  ':',
  ' :',
  ',',
  ';',
  '"',
  '#',
  '\\',
  '0',
  '1',
  '+',
  '-',
  '0x',
  '_',
  '%',
  '%00',
  '../',
  '//',
  '@',
  'chunked',
  ', chunked',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: identity\r\n',
  'Transfer-Encoding:\r\n',
  'Content-Length: 0\r\n',
  'Content-Length: 5\r\n',
  'Content-Length:\r\n',
  'Connection: close\r\n',
  'Connection: content-length, transfer-encoding\r\n',
  'Connection: Upgrade\r\nUpgrade: websocket\r\n',
  'Expect: 100-continue\r\n',
  'Host: localhost\r\n',
  'Host: svc.localhost\r\n',
  'X-A: b\r\n',
  'X-A: b\r\n c\r\n',
  '0\r\n\r\n',
  '5\r\nhello\r\n',
  'GET /svc/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'HTTP/1.1',
  'HTTP/1.0',
  ' HTTP/1.1\r\n',
];

/** One change of `text` at a random place: a snippet put in, bytes taken out, doubled, swapped, or changed in case. */
export function mutate(text: string, dice: Dice): string {
  const at = dice.below(text.length + 1);
  const size = 1 + dice.below(dice.once(4) ? 20 : 3);
  const before = text.slice(0, at);
  const after = text.slice(at);
  switch (dice.below(7)) {
    case 0:
    case 1:
      return before + dice.of(SNIPPETS) + after;
    case 2:
      return before + after.slice(size);
    case 3:
      return before + after.slice(0, size) + after;
    case 4:
      return before + String.fromCharCode(dice.below(256)) + after.slice(1);
    case 5:
      return before + swapCase(after.slice(0, size)) + after.slice(size);
    default:
      return atLineStart(text, dice);
  }
}

/** Puts a snippet where a line begins, where most of them mean something. */
function atLineStart(text: string, dice: Dice): string {
  const starts = [...text.matchAll(/\r\n/g)].map(({ index }) => index + 2);
  const at = starts.length === 0 ? 0 : dice.of(starts);
  return text.slice(0, at) + dice.of(SNIPPETS) + text.slice(at);
}

function swapCase(text: string): string {
  return text.replace(/[a-z]/gi, (letter) => (letter < 'a' ? letter.toLowerCase() : letter.toUpperCase()));
}

/** Cuts `bytes` into pieces at random places; now and then into single bytes. */
export function pieces(bytes: Buffer, dice: Dice): Buffer[] {
  if (dice.once(3)) return [bytes];
  const step = dice.once(6) ? 1 : 1 + dice.below(bytes.length + 1);
  const cut: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = step === 1 ? 1 : 1 + dice.below(step);
    cut.push(bytes.subarray(at, at + size));
    at += size;
  }
  return cut;
}
