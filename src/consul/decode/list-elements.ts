const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Finds the objects of a JSON list in its bytes, as [start, end), without parsing them. Returns true at the end of a
 * list of objects; false as soon as it meets anything else, which is then for the real parser to judge.
 */
export function* listElements(body: Buffer): Generator<readonly [number, number], boolean> {
  let at = skipSpace(body, 0);
  if (body[at] !== OPEN_LIST) return false;
  at = skipSpace(body, at + 1);
  if (body[at] === CLOSE_LIST) return skipSpace(body, at + 1) === body.length;
  for (;;) {
    const end = body[at] === OPEN_OBJECT ? endOfObject(body, at) : -1;
    if (end < 0) return false;
    yield [at, end];
    at = skipSpace(body, end);
    if (body[at] !== COMMA) return body[at] === CLOSE_LIST && skipSpace(body, at + 1) === body.length;
    at = skipSpace(body, at + 1);
  }
}

/** Just behind the brace that closes the one at `start`; -1 when there is none. */
function endOfObject(body: Buffer, start: number): number {
  let depth = 0;
  for (let at = start; at < body.length; at++) {
    const byte = body[at];
    if (byte === QUOTE) {
      at = endOfString(body, at);
      if (at < 0) return -1;
    } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth += 1;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
}

/** The quote that closes the one at `start`; -1 when there is none. */
function endOfString(body: Buffer, start: number): number {
  for (let at = start + 1; at < body.length; at++) {
    const byte = body[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at += 1;
  }
  return -1;
}

function skipSpace(body: Buffer, from: number): number {
  let at = from;
  for (let byte = body[at]; byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09; byte = body[at]) at += 1;
  return at;
}
