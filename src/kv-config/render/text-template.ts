import { notRenderable } from './env-file.ts';
import { type Expression, evaluate, isTrue, listOf, parseExpression, type Scope } from './template-expression.ts';

/** A part of a template. */
type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly expression: Expression; readonly line: number }
  | {
      readonly kind: 'range' | 'if';
      readonly expression: Expression;
      readonly line: number;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    };

/** Turns a scope into text. @throws CodedError `kv_not_renderable` with the template's line */
export type Template = (scope: Scope) => string;

/**
 * Reads a template: text with `{{ … }}` in it, in the words of consul-template: `key`, `keyOrDefault`, `keyExists`,
 * `env`, `json`, `range ls` and `range tree` with `.Key` and `.Value`, `if`, `else`, `end`, comments and pipes. A dash
 * inside the braces takes the white space on its side away. It can read the tree and the environment, and do nothing.
 * @param name stands in errors
 * @throws CodedError `kv_not_renderable` with the line
 */
export function parseTemplate(text: string, name: string): Template {
  const parser = new Parser(text, name);
  const nodes = parser.block([]);
  return (scope) => written(nodes, scope, name);
}

function written(nodes: readonly Node[], scope: Scope, name: string): string {
  return nodes.map((node) => (node.kind === 'text' ? node.text : writtenNode(node, scope, name))).join('');
}

function writtenNode(node: Exclude<Node, { readonly kind: 'text' }>, scope: Scope, name: string): string {
  const { kind, expression, line } = node;
  try {
    if (kind === 'value') return evaluate(expression, scope);
    if (kind === 'if') return written(isTrue(expression, scope) ? node.body : node.otherwise, scope, name);
    const items = listOf(expression, scope);
    if (items.length === 0) return written(node.otherwise, scope, name);
    return items.map((item) => written(node.body, { ...scope, item }, name)).join('');
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw message.startsWith(`${name}:`) ? error : notRenderable(`${name}:${line}: ${message}`, error);
  }
}

const ACTION = /\{\{(-\s)?([\s\S]*?)(\s-)?\}\}/g;

/** A piece of a template: text, or what stands within braces. */
interface Token {
  readonly text?: string;
  readonly action?: string;
  readonly line: number;
}

class Parser {
  readonly #name: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string, name: string) {
    this.#name = name;
    this.#tokens = tokensOf(text);
  }

  /** Nodes up to one of the words that end a block; with none, to the template's end. */
  block(enders: readonly string[]): readonly Node[] {
    const nodes: Node[] = [];
    for (; this.#at < this.#tokens.length; this.#at++) {
      const { text, action = '', line } = this.#tokens[this.#at] as Token;
      if (text !== undefined) nodes.push({ kind: 'text', text });
      else if (enders.includes(action)) return nodes;
      else if (!/^\/\*[\s\S]*\*\/$/.test(action)) nodes.push(this.#node(action, line));
    }
    if (enders.length > 0) throw notRenderable(`${this.#name}: a range or if has no end`);
    return nodes;
  }

  #node(action: string, line: number): Node {
    const [, kind, rest] = /^(range|if)\s+([\s\S]*)$/.exec(action) ?? [];
    const expression = this.#expression(rest ?? action, line);
    if (kind !== 'range' && kind !== 'if') return { kind: 'value', expression, line };
    this.#at += 1;
    const body = this.block(['else', 'end']);
    let otherwise: readonly Node[] = [];
    if (this.#tokens[this.#at]?.action === 'else') {
      this.#at += 1;
      otherwise = this.block(['end']);
    }
    return { kind, expression, line, body, otherwise };
  }

  #expression(text: string, line: number): Expression {
    try {
      return parseExpression(text);
    } catch (error) {
      throw notRenderable(`${this.#name}:${line}: ${error instanceof Error ? error.message : String(error)}`, error);
    }
  }
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let trims = false;
  const lineAt = (offset: number) => text.slice(0, offset).split('\n').length;
  const push = (raw: string, trimsEnd: boolean) => {
    const start = trims ? raw.trimStart() : raw;
    const plain = trimsEnd ? start.trimEnd() : start;
    if (plain !== '') tokens.push({ text: plain, line: lineAt(at) });
  };
  for (const match of text.matchAll(ACTION)) {
    push(text.slice(at, match.index), match[1] !== undefined);
    tokens.push({ action: (match[2] ?? '').trim(), line: lineAt(match.index) });
    at = match.index + match[0].length;
    trims = match[3] !== undefined;
  }
  push(text.slice(at), false);
  return tokens;
}
