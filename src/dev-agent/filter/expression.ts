/** A parsed filter expression. */
export type Expression =
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'not'; readonly inner: Expression }
  | Match;

/** One comparison. `value` is absent for `is empty`. */
export interface Match {
  readonly kind: 'match';
  readonly selector: readonly string[];
  readonly operator: 'equal' | 'empty' | 'in' | 'matches';
  readonly negated: boolean;
  readonly value: string;
}

/** Why an expression does not parse. */
export class ExpressionError extends Error {}

interface Token {
  readonly text: string;
  readonly isQuoted: boolean;
  readonly at: number;
}

/**
 * Parses an expression of Consul's filter language (docs/consul-client.md 38): `==`, `!=`, `in`, `not in`, `contains`,
 * `is empty`, `is not empty`, `matches`, `and`, `or`, `not`, parentheses.
 * @throws ExpressionError
 */
export function parseExpression(text: string): Expression {
  const parser = new Parser(tokenize(text), text.length);
  const expression = parser.or();
  parser.requireEnd();
  return expression;
}

function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const pattern = /\s+|(?<quoted>"(?:[^"\\]|\\.)*"|`[^`]*`)|(?<word>[()]|[=!]=|[^\s()=!"`]+)|(?<junk>.)/gsy;
  for (const match of text.matchAll(pattern)) {
    const { quoted, word, junk } = match.groups ?? {};
    if (junk !== undefined) throw new ExpressionError(`1:${match.index + 1} (${match.index}): no match found`);
    if (quoted !== undefined) tokens.push({ text: unquote(quoted), isQuoted: true, at: match.index });
    else if (word !== undefined) tokens.push({ text: word, isQuoted: false, at: match.index });
  }
  return tokens;
}

function unquote(quoted: string): string {
  const inner = quoted.slice(1, -1);
  return quoted.startsWith('`') ? inner : inner.replaceAll(/\\(.)/gs, '$1');
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #length: number;
  #at = 0;

  constructor(tokens: readonly Token[], length: number) {
    this.#tokens = tokens;
    this.#length = length;
  }

  or(): Expression {
    const left = this.#and();
    return this.#take('or') ? { kind: 'or', left, right: this.or() } : left;
  }

  requireEnd(): void {
    if (this.#at < this.#tokens.length) throw this.#fail('end of the expression');
  }

  #and(): Expression {
    const left = this.#not();
    return this.#take('and') ? { kind: 'and', left, right: this.#and() } : left;
  }

  #not(): Expression {
    if (this.#take('not')) return { kind: 'not', inner: this.#not() };
    if (!this.#take('(')) return this.#match();
    const inner = this.or();
    if (!this.#take(')')) throw this.#fail('")"');
    return inner;
  }

  #match(): Expression {
    const first = this.#operand();
    if (this.#take('==')) return match(this.#selector(first), 'equal', false, this.#operand().text);
    if (this.#take('!=')) return match(this.#selector(first), 'equal', true, this.#operand().text);
    if (this.#take('is')) {
      const negated = this.#take('not');
      if (!this.#take('empty')) throw this.#fail('"empty"');
      return match(this.#selector(first), 'empty', negated, '');
    }
    const negated = this.#take('not');
    if (this.#take('in')) return match(this.#selector(this.#operand()), 'in', negated, first.text);
    if (this.#take('contains')) return match(this.#selector(first), 'in', negated, this.#operand().text);
    if (this.#take('matches')) return match(this.#selector(first), 'matches', negated, this.#operand().text);
    throw this.#fail('"!=", "==", "contains", "in", "is", "matches", "not"');
  }

  #operand(): Token {
    const token = this.#tokens[this.#at];
    if (token === undefined || (!token.isQuoted && /^([()]|[=!]=)$/.test(token.text))) throw this.#fail('a value');
    this.#at += 1;
    return token;
  }

  #selector(token: Token): readonly string[] {
    const isPath = /^[a-zA-Z][a-zA-Z0-9_]*(\.[a-zA-Z0-9_/-]+|\["[^"]*"\])*$/.test(token.text);
    if (token.isQuoted || !isPath) throw new ExpressionError(`1:${token.at + 1} (${token.at}): no match found`);
    return token.text.split(/\.|\["|"\]/).filter((part) => part !== '');
  }

  #take(word: string): boolean {
    const token = this.#tokens[this.#at];
    if (token === undefined || token.isQuoted || token.text !== word) return false;
    this.#at += 1;
    return true;
  }

  #fail(expected: string): ExpressionError {
    const at = this.#tokens[this.#at]?.at ?? this.#length;
    return new ExpressionError(`1:${at + 1} (${at}): no match found, expected: ${expected}`);
  }
}

function match(selector: readonly string[], operator: Match['operator'], negated: boolean, value: string): Match {
  return { kind: 'match', selector, operator, negated, value };
}
