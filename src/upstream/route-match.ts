import type { NamedMatch, RouteMatch, TextMatch } from './traffic-plan.ts';

/** What rules may look at. */
export interface RequestFacts {
  readonly method: string;
  /** The path and the query that go on to the instance, byte for byte. */
  readonly target: string;
  /** The value of the first field of this name, in lower case. */
  header(name: string): string | undefined;
}

/**
 * Whether the request is what the route is for. Paths are compared as they came: `%2e` is no dot. Regular expressions
 * must match all of the text, as Envoy's do.
 */
export function matchesRoute({ path, headers, query, methods }: RouteMatch, facts: RequestFacts): boolean {
  if (methods.length > 0 && !methods.includes(facts.method)) return false;
  if (path !== undefined && !matchesText(path, pathOf(facts.target))) return false;
  if (!headers.every((match) => matchesNamed(match, facts.header(match.name)))) return false;
  if (query.length === 0) return true;
  const parameters = new URLSearchParams(facts.target.slice(pathOf(facts.target).length));
  return query.every((match) => matchesNamed(match, parameters.get(match.name) ?? undefined));
}

/** The target without its query. */
export function pathOf(target: string): string {
  const end = target.indexOf('?');
  return end < 0 ? target : target.slice(0, end);
}

function matchesNamed(match: NamedMatch, text: string | undefined): boolean {
  return (text !== undefined && matchesText(match, text)) !== match.invert;
}

function matchesText({ kind, value }: TextMatch, text: string): boolean {
  switch (kind) {
    case 'exact':
      return text === value;
    case 'prefix':
      return text.startsWith(value);
    case 'suffix':
      return text.endsWith(value);
    case 'regex':
      return expressionOf(value).test(text);
    case 'present':
      return true;
  }
}

/** Each is compiled once; there are as many as rules have been seen with. */
const expressions = new Map<string, RegExp>();

function expressionOf(source: string): RegExp {
  let expression = expressions.get(source);
  if (expression === undefined) {
    expression = new RegExp(`^(?:${source})$`);
    expressions.set(source, expression);
  }
  return expression;
}
