import { parseBool } from '../http/query-flag.ts';
import { readFailure } from '../http/read-failure.ts';
import { type Expression, ExpressionError, type Match, parseExpression } from './expression.ts';
import { type FieldShape, shapeAt } from './field-shape.ts';

/** Whether a record is kept. */
export type Predicate = (record: object) => boolean;

/**
 * The predicate of a `?filter=` expression over records of `shape`; an empty one keeps everything.
 * @throws Refusal 500, as Consul words it, for an expression that does not parse or names no field
 */
export function filterBy(expression: string, shape: FieldShape): Predicate {
  if (expression === '') return () => true;
  try {
    const parsed = parseExpression(expression);
    requireKnown(parsed, shape);
    return (record) => evaluate(parsed, record);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw readFailure(`Failed to create boolean expression evaluator: ${error.message}`);
  }
}

function requireKnown(expression: Expression, shape: FieldShape): void {
  if (expression.kind === 'match') requireSelectable(expression, shape);
  else if (expression.kind === 'not') requireKnown(expression.inner, shape);
  else for (const side of [expression.left, expression.right]) requireKnown(side, shape);
}

function requireSelectable(match: Match, shape: FieldShape): void {
  const { selector, operator, value } = match;
  const name = JSON.stringify(selector.join('.'));
  const found = shapeAt(shape, selector);
  if (found === undefined) throw new ExpressionError(`Selector ${name} is not valid`);
  const isPlain = found === 'text' || found === 'number' || found === 'flag';
  if (operator === 'equal' && !isPlain) throw unsupported('Equal', name);
  if (operator === 'in' && (found === 'number' || found === 'flag')) throw unsupported('In', name);
  if (operator === 'empty' && isPlain) throw unsupported('Is Empty', name);
  if (operator === 'matches') requireRegex(value);
  if (operator === 'equal' && found === 'number' && !/^-?\d+$/.test(value)) {
    throw new ExpressionError(`Failed to coerce value ${JSON.stringify(value)}: not an integer`);
  }
  if (operator === 'equal' && found === 'flag' && parseBool(value) === undefined) {
    throw new ExpressionError(`Failed to coerce value ${JSON.stringify(value)}: not a boolean`);
  }
}

function unsupported(operator: string, name: string): ExpressionError {
  return new ExpressionError(`Invalid match operator "${operator}" for selector ${name}`);
}

function requireRegex(pattern: string): void {
  try {
    new RegExp(pattern);
  } catch (error) {
    throw new ExpressionError(
      `Failed to compile regular expression: ${error instanceof Error ? error.message : error}`,
    );
  }
}

function evaluate(expression: Expression, record: object): boolean {
  switch (expression.kind) {
    case 'and':
      return evaluate(expression.left, record) && evaluate(expression.right, record);
    case 'or':
      return evaluate(expression.left, record) || evaluate(expression.right, record);
    case 'not':
      return !evaluate(expression.inner, record);
    case 'match':
      return holds(expression, record);
  }
}

/** Whether a comparison holds. In a list of records it holds if it does (negated: does not) for any of them. */
function holds(match: Match, record: object): boolean {
  return select(record, match.selector).some((value) => compare(match, value) !== match.negated);
}

function select(value: unknown, selector: readonly string[]): readonly unknown[] {
  const [part, ...rest] = selector;
  if (part === undefined) return [value];
  if (Array.isArray(value)) return value.flatMap((item) => select(item, selector));
  const field =
    typeof value === 'object' && value !== null && Object.hasOwn(value, part)
      ? value[part as keyof typeof value]
      : undefined;
  return select(field, rest);
}

function compare({ operator, value: wanted }: Match, value: unknown): boolean {
  if (operator === 'empty') return isEmpty(value);
  if (value === undefined || value === null) return false;
  if (operator === 'matches') return new RegExp(wanted).test(String(value));
  if (operator === 'equal') return typeof value === 'boolean' ? value === parseBool(wanted) : String(value) === wanted;
  if (typeof value === 'string') return value.includes(wanted);
  if (Array.isArray(value)) return value.includes(wanted);
  return typeof value === 'object' && Object.hasOwn(value, wanted);
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
