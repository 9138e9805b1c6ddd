import type { HealthEntry } from '../consul/decode/health.ts';

/** Whether an instance is in a subset. */
export type InstanceFilter = (entry: HealthEntry) => boolean;

/** What a selector stands for in an instance. */
type Value = string | readonly string[] | ReadonlyMap<string, string>;
type Selector = (entry: HealthEntry) => Value | undefined;

const SELECTORS: ReadonlyMap<string, Selector> = new Map<string, Selector>([
  ['Service.ID', ({ service }) => service.id],
  ['Service.Service', ({ service }) => service.name],
  ['Service.Address', ({ service }) => service.address],
  ['Service.Port', ({ service }) => String(service.port)],
  ['Service.Tags', ({ service }) => service.tags],
  ['Service.Meta', ({ service }) => service.meta],
  ['Node.ID', ({ node }) => node.id],
  ['Node.Node', ({ node }) => node.name],
  ['Node.Address', ({ node }) => node.address],
  ['Node.Datacenter', ({ node }) => node.datacenter],
  ['Node.Meta', ({ node }) => node.meta],
]);

/** Words, `"quoted"` and `` `quoted` `` values, operators and brackets. */
const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*"|`[^`]*`)|(==|!=|[()[\]])|([^\s()[\]"`=!]+))/y;

/**
 * Reads a filter expression of Consul's, as subsets of a service-resolver have them: selectors of the service and its node
 * with `== != in, not in, contains, is [not] empty, matches, and, or, not, ( )`. Undefined when it holds something else:
 * it is then Consul's to apply.
 */
export function compileFilter(text: string): InstanceFilter | undefined {
  if (text.trim() === '') return () => true;
  try {
    return new FilterReader(tokensOf(text)).read();
  } catch (error) {
    if (error instanceof NotUnderstood) return undefined;
    throw error;
  }
}

class NotUnderstood extends Error {}

function tokensOf(text: string): readonly string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const match = TOKEN.exec(text);
    if (match === null) throw new NotUnderstood();
    tokens.push(match[1] ?? match[2] ?? match[3] ?? '');
  }
  return tokens;
}

/** Recursive descent, one method per level of the grammar. */
class FilterReader {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  read(): InstanceFilter {
    const filter = this.#any();
    if (this.#at < this.#tokens.length) throw new NotUnderstood();
    return filter;
  }

  #any(): InstanceFilter {
    const parts = [this.#all()];
    while (this.#takes('or')) parts.push(this.#all());
    return (entry) => parts.some((part) => part(entry));
  }

  #all(): InstanceFilter {
    const parts = [this.#one()];
    while (this.#takes('and')) parts.push(this.#one());
    return (entry) => parts.every((part) => part(entry));
  }

  #one(): InstanceFilter {
    if (this.#takes('not')) {
      const inner = this.#one();
      return (entry) => !inner(entry);
    }
    if (!this.#takes('(')) return this.#match();
    const inner = this.#any();
    this.#expect(')');
    return inner;
  }

  /** `value in selector`, or `selector operator value`. */
  #match(): InstanceFilter {
    const [first, second] = [this.#tokens[this.#at] ?? '', this.#tokens[this.#at + 1]];
    const isNegated = second === 'not' && this.#tokens[this.#at + 2] === 'in';
    if (second === 'in' || isNegated) {
      this.#at += isNegated ? 3 : 2;
      const selector = this.#selector();
      return (entry) => contains(selector(entry), literalOf(first)) !== isNegated;
    }
    return this.#operator(this.#selector());
  }

  #operator(selector: Selector): InstanceFilter {
    const operator = this.#next();
    if (operator === 'is') {
      const isNegated = this.#takes('not');
      this.#expect('empty');
      return (entry) => isEmpty(selector(entry)) !== isNegated;
    }
    const isNegated = operator === '!=' || operator === 'not';
    const verb = operator === 'not' ? this.#next() : operator;
    const value = literalOf(this.#next());
    if (verb === '==' || verb === '!=') return (entry) => (selector(entry) === value) !== isNegated;
    if (verb === 'contains') return (entry) => contains(selector(entry), value) !== isNegated;
    if (verb !== 'matches') throw new NotUnderstood();
    const expression = expressionOf(value);
    return (entry) => {
      const text = selector(entry);
      return (typeof text === 'string' && expression.test(text)) !== isNegated;
    };
  }

  /** `Service.Tags`, `Service.Meta.version`, `Node.Meta["zone"]`. */
  #selector(): Selector {
    const word = this.#next();
    const whole = SELECTORS.get(word);
    if (whole === undefined) {
      const [, base = '', key = ''] = /^((?:Service|Node)\.Meta)\.(.+)$/.exec(word) ?? [];
      return keyed(SELECTORS.get(base), key);
    }
    if (!this.#takes('[')) return whole;
    const key = literalOf(this.#next());
    this.#expect(']');
    return keyed(whole, key);
  }

  #takes(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at += 1;
    return true;
  }

  #expect(token: string): void {
    if (!this.#takes(token)) throw new NotUnderstood();
  }

  #next(): string {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new NotUnderstood();
    this.#at += 1;
    return token;
  }
}

function keyed(map: Selector | undefined, key: string): Selector {
  if (map === undefined) throw new NotUnderstood();
  return (entry) => {
    const value = map(entry);
    return value instanceof Map ? (value as ReadonlyMap<string, string>).get(key) : undefined;
  };
}

/** A list has the value, a map the key, a text the part. */
function contains(value: Value | undefined, wanted: string): boolean {
  if (value === undefined) return false;
  if (typeof value === 'string') return value.includes(wanted);
  return value instanceof Map ? value.has(wanted) : (value as readonly string[]).includes(wanted);
}

function isEmpty(value: Value | undefined): boolean {
  if (value === undefined) return true;
  return value instanceof Map ? value.size === 0 : (value as string | readonly string[]).length === 0;
}

function literalOf(token: string): string {
  if (token.startsWith('`')) return token.slice(1, -1);
  if (!token.startsWith('"')) return token;
  try {
    return String(JSON.parse(token));
  } catch {
    throw new NotUnderstood();
  }
}

/** Go's expressions that JavaScript does not know are Consul's to apply. */
function expressionOf(source: string): RegExp {
  try {
    return new RegExp(source, 'u');
  } catch {
    throw new NotUnderstood();
  }
}
