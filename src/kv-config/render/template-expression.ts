import { type ConfigSection, isSection, valueAt } from '../build-tree.ts';
import { namesOf } from '../config-path.ts';
import type { ConfigValue } from '../config-value.ts';
import { jsonText, leavesOf, valueText } from './value-text.ts';

/** What a template can see. */
export interface Scope {
  readonly tree: ConfigSection;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Within `range`. */
  readonly item?: { readonly key: string; readonly value: ConfigValue } | undefined;
}

/** A word with its arguments, and what its result goes through. */
export interface Expression {
  readonly word: string;
  readonly args: readonly string[];
  readonly pipes: readonly string[];
}

type Result = ConfigValue | undefined;

/** Each word and how many arguments it takes. */
const WORDS: ReadonlyMap<
  string,
  { readonly args: readonly [number, number]; readonly run: (scope: Scope, ...args: string[]) => Result }
> = new Map([
  ['key', { args: [1, 2], run: ({ tree }, path, fallback) => valueAt(tree, namesOf(path ?? '')) ?? fallback }],
  ['keyOrDefault', { args: [2, 2], run: ({ tree }, path, fallback) => valueAt(tree, namesOf(path ?? '')) ?? fallback }],
  ['keyExists', { args: [1, 1], run: ({ tree }, path) => valueAt(tree, namesOf(path ?? '')) !== undefined }],
  ['json', { args: [0, 1], run: ({ tree }, path = '') => json(valueAt(tree, namesOf(path))) }],
  ['env', { args: [1, 2], run: ({ environment }, name, fallback) => environment[name ?? ''] ?? fallback }],
  ['.Key', { args: [0, 0], run: ({ item }) => item?.key }],
  ['.Value', { args: [0, 0], run: ({ item }) => item?.value }],
]);

const LISTS: ReadonlySet<string> = new Set(['ls', 'tree']);

/** What a result can go through. */
const PIPES: ReadonlyMap<string, (value: ConfigValue) => string> = new Map([
  ['toJSON', (value) => jsonText(value)],
  ['toUpper', (value) => valueText(value).toUpperCase()],
  ['toLower', (value) => valueText(value).toLowerCase()],
  ['trimSpace', (value) => valueText(value).trim()],
  ['base64Encode', (value) => Buffer.from(value instanceof Uint8Array ? value : valueText(value)).toString('base64')],
  ['base64Decode', (value) => Buffer.from(valueText(value), 'base64').toString('utf8')],
]);

/** @throws Error that names the word and what it takes */
export function parseExpression(text: string): Expression {
  const [call = '', ...pipes] = splitPipes(text);
  const [word = '', ...args] = wordsOf(call);
  const takes = LISTS.has(word) ? ([0, 1] as const) : WORDS.get(word)?.args;
  if (takes === undefined)
    throw new Error(
      `${word === '' ? 'nothing' : word} is no word of templates: ${[...WORDS.keys(), ...LISTS].join(', ')}`,
    );
  const [least, most] = takes;
  if (args.length < least || args.length > most) {
    throw new Error(
      `${word} takes ${least === most ? least : `${least} or ${most}`} argument(s), in quotation marks, got ${args.length}`,
    );
  }
  const unknown = pipes.find((pipe) => !PIPES.has(pipe));
  if (unknown !== undefined) throw new Error(`${unknown} is nothing to go through: ${[...PIPES.keys()].join(', ')}`);
  return { word, args: args.map(argument), pipes };
}

/** @throws Error when there is no such key and no default */
export function evaluate(expression: Expression, scope: Scope): string {
  let value = resultOf(expression, scope);
  if (value === undefined)
    throw new Error(`there is no ${[expression.word, ...expression.args].join(' ')}, and no default`);
  for (const pipe of expression.pipes) value = PIPES.get(pipe)?.(value) ?? value;
  return valueText(value);
}

/** False for what is not there, false, empty text, 0 and an empty section or list. */
export function isTrue(expression: Expression, scope: Scope): boolean {
  const value = resultOf(expression, scope);
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** What `range` goes through: `ls` the values right below a path, `tree` all below it, with slashes in their keys. */
export function listOf({ word, args }: Expression, scope: Scope): readonly NonNullable<Scope['item']>[] {
  const [path = ''] = args;
  const section = valueAt(scope.tree, namesOf(path));
  if (!LISTS.has(word)) throw new Error(`range takes ls "path" or tree "path", not ${word}`);
  if (!isSection(section)) return [];
  return [...leavesOf(section)]
    .filter(({ names }) => word === 'tree' || names.length === 1)
    .map(({ names, value }) => ({ key: names.join('/'), value }));
}

function resultOf({ word, args }: Expression, scope: Scope): Result {
  if (LISTS.has(word)) throw new Error(`${word} stands after range only`);
  return WORDS.get(word)?.run(scope, ...args);
}

function json(value: Result): Result {
  return value === undefined ? undefined : jsonText(value);
}

/** At the bars that are not within quotation marks. */
function splitPipes(text: string): readonly string[] {
  return (text.match(/(?:"(?:[^"\\]|\\.)*"|`[^`]*`|[^|"`])+/g) ?? []).map((part) => part.trim());
}

function wordsOf(call: string): readonly string[] {
  return call.match(/"(?:[^"\\]|\\.)*"|`[^`]*`|[^\s"`]+/g) ?? [];
}

function argument(text: string): string {
  if (text.startsWith('`')) return text.slice(1, -1);
  if (!text.startsWith('"')) throw new Error(`${text} is not in quotation marks`);
  return JSON.parse(text) as string;
}
