/** The bytes that the grammar names. */
export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;

/**
 * Bytes of a token (RFC 9110 §5.6.2) in their lower case; 0 = not allowed in a token. `_` is folded into `-`, because
 * servers that pass fields on as environment variables cannot tell the two apart: a name is recognised in both
 * spellings, and what was recognised is compared again before it is believed.
 */
export const TOKEN_FOLDED: Uint8Array = new Uint8Array(256);
/** 1 for the bytes of a field value (RFC 9110 §5.5): HTAB, SP, visible ASCII and obs-text. */
export const FIELD_VALUE: Uint8Array = new Uint8Array(256);
/** 1 for the bytes that a request target may have: visible ASCII but `#` and `\`. */
export const TARGET: Uint8Array = new Uint8Array(256);
/** The value of a hex digit; 255 = none. */
export const HEX_DIGIT: Uint8Array = new Uint8Array(256).fill(255);

for (const char of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz") {
  TOKEN_FOLDED[char.charCodeAt(0)] = char === '_' ? 0x2d : char.charCodeAt(0);
  TOKEN_FOLDED[char.toUpperCase().charCodeAt(0)] = char === '_' ? 0x2d : char.charCodeAt(0);
}
for (let byte = 0x20; byte < 256; byte++) FIELD_VALUE[byte] = byte === 0x7f ? 0 : 1;
FIELD_VALUE[HTAB] = 1;
for (let byte = 0x21; byte < 0x7f; byte++) TARGET[byte] = byte === 0x23 || byte === 0x5c ? 0 : 1;
for (let digit = 0; digit < 16; digit++) {
  HEX_DIGIT[digit.toString(16).charCodeAt(0)] = digit;
  HEX_DIGIT[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}

/** For what has no bytes yet. */
export const NO_BYTES: Buffer = Buffer.alloc(0);

/** The bytes `[start, end)` as text, a byte a character. */
export function latin1(bytes: Buffer, start: number, end: number): string {
  // What toString('latin1', start, end) does after looking its encoding up; Node's types leave it out.
  return (bytes as Latin1Sliceable).latin1Slice(start, end);
}

/**
 * `text`, a byte a character, in one piece. What was put together from parts stays a tree of them for V8, until somebody
 * looks into it; as a part of something larger it is walked each time that is sent. For what is sent again and again.
 */
export function inOnePiece(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

/** Puts text, a byte a character, at `bytes[at]`, where there must be room for it. */
export function putLatin1(bytes: Buffer, text: string, at: number): void {
  (bytes as Latin1Sliceable).latin1Write(text, at);
}

type Latin1Sliceable = Buffer & {
  latin1Slice(start: number, end: number): string;
  latin1Write(text: string, at: number): number;
};
