import type { JsonMap, JsonValue } from './json-value.ts';

/** Thrown by {@link parseJson}; the message is what Go's `encoding/json` says. */
export class JsonSyntaxError extends Error {}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

/**
 * Parses the first JSON value in `text` (what follows it is not looked at, as with Go's Decoder) and complains in Go's
 * words, because clients and people search for those.
 * @throws JsonSyntaxError
 */
export function parseJson(text: string): JsonValue {
  const parser = new Parser(text);
  parser.skipSpace();
  if (parser.atEnd) throw new JsonSyntaxError('EOF');
  return parser.value('looking for beginning of value');
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  skipSpace(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? '')) this.#at += 1;
  }

  value(context: string): JsonValue {
    this.skipSpace();
    const first = this.#peek();
    if (first === '{') return this.#object();
    if (first === '[') return this.#array();
    if (first === '"') return this.#string();
    if (first === 't') return this.#literal('true', true);
    if (first === 'f') return this.#literal('false', false);
    if (first === 'n') return this.#literal('null', null);
    if (first === '-' || isDigit(first)) return this.#number();
    throw this.#invalid(context);
  }

  #peek(): string {
    const char = this.#text[this.#at];
    if (char === undefined) throw new JsonSyntaxError('unexpected EOF');
    return char;
  }

  #invalid(context: string): JsonSyntaxError {
    return new JsonSyntaxError(`invalid character ${quoteChar(this.#peek())} ${context}`);
  }

  #object(): JsonMap {
    const map = new Map<string, JsonValue>();
    this.#at += 1;
    this.skipSpace();
    if (this.#peek() === '}') {
      this.#at += 1;
      return map;
    }
    for (;;) {
      this.skipSpace();
      if (this.#peek() !== '"') throw this.#invalid('looking for beginning of object key string');
      const key = this.#string();
      this.skipSpace();
      if (this.#peek() !== ':') throw this.#invalid('after object key');
      this.#at += 1;
      map.set(key, this.value('looking for beginning of value'));
      this.skipSpace();
      const next = this.#peek();
      if (next !== ',' && next !== '}') throw this.#invalid('after object key:value pair');
      this.#at += 1;
      if (next === '}') return map;
    }
  }

  #array(): readonly JsonValue[] {
    const items: JsonValue[] = [];
    this.#at += 1;
    this.skipSpace();
    if (this.#peek() === ']') {
      this.#at += 1;
      return items;
    }
    for (;;) {
      items.push(this.value('looking for beginning of value'));
      this.skipSpace();
      const next = this.#peek();
      if (next !== ',' && next !== ']') throw this.#invalid('after array element');
      this.#at += 1;
      if (next === ']') return items;
    }
  }

  #string(): string {
    let out = '';
    this.#at += 1;
    for (;;) {
      const char = this.#peek();
      if (char < ' ') throw this.#invalid('in string literal');
      this.#at += 1;
      if (char === '"') return out;
      out += char === '\\' ? this.#escape() : char;
    }
  }

  #escape(): string {
    const kind = this.#peek();
    const simple = ESCAPES.get(kind);
    if (simple === undefined && kind !== 'u') throw this.#invalid('in string escape code');
    this.#at += 1;
    if (simple !== undefined) return simple;
    const start = this.#at;
    for (; this.#at < start + 4; this.#at++) {
      if (!/[0-9a-fA-F]/.test(this.#peek())) throw this.#invalid('in \\u hexadecimal character escape');
    }
    return String.fromCharCode(Number.parseInt(this.#text.slice(start, this.#at), 16));
  }

  #literal<T extends JsonValue>(word: string, value: T): T {
    this.#at += 1;
    for (const expected of word.slice(1)) {
      if (this.#peek() !== expected) throw this.#invalid(`in literal ${word} (expecting '${expected}')`);
      this.#at += 1;
    }
    return value;
  }

  #number(): number | bigint {
    const start = this.#at;
    if (this.#peek() === '-') {
      this.#at += 1;
      if (!isDigit(this.#peek())) throw this.#invalid('in numeric literal');
    }
    if (this.#peek() === '0') this.#at += 1;
    else this.#digits();
    const integerEnd = this.#at;
    if (this.#text[this.#at] === '.') {
      this.#at += 1;
      if (!isDigit(this.#peek())) throw this.#invalid('after decimal point in numeric literal');
      this.#digits();
    }
    if (/[eE]/.test(this.#text[this.#at] ?? '')) {
      this.#at += 1;
      if (/[+-]/.test(this.#peek())) this.#at += 1;
      if (!isDigit(this.#peek())) throw this.#invalid('in exponent of numeric literal');
      this.#digits();
    }
    const text = this.#text.slice(start, this.#at);
    const number = Number(text);
    return this.#at === integerEnd && !Number.isSafeInteger(number) ? BigInt(text) : number;
  }

  #digits(): void {
    while (isDigit(this.#text[this.#at] ?? '')) this.#at += 1;
  }
}

function isDigit(char: string): boolean {
  return char >= '0' && char <= '9';
}

function quoteChar(char: string): string {
  if (char === "'") return "'\\''";
  if (char === '"') return `'"'`;
  const quoted = JSON.stringify(char).slice(1, -1);
  return `'${quoted}'`;
}
