import { parseDocument } from 'yaml';
import type { KvEntry } from '../consul/decode/kv.ts';
import { type KeyParts, keyParts } from './config-path.ts';
import { type ConfigValue, decodeValue, textOf } from './config-value.ts';

/** Everything under one folder of Consul's KV. */
export interface LayerEntries {
  /** The folder, with its slash: `config/orders/`. Empty: all of KV. */
  readonly folder: string;
  /** Keys in full. */
  readonly entries: readonly Pick<KvEntry, 'key' | 'value' | 'flags' | 'modifyIndex'>[];
}

/** A section of the tree. */
export type ConfigSection = Readonly<Record<string, ConfigValue>>;

/** A value that cannot be used. Never says what it is: it may be a secret. */
export interface TreeProblem {
  /** The key, in full; or the path, dotted, when a validator complains. */
  readonly where: string;
  readonly message: string;
}

/** A tree made of layers, or why there is none. */
export interface BuiltTree {
  readonly value: ConfigSection;
  readonly problems: readonly TreeProblem[];
  /** The key, in full, that says what stands at these names; of a section the last one. */
  originOf(names: readonly string[]): string | undefined;
}

/**
 * Builds the tree: each layer's keys become names (`db/host` → `db: { host }`), sections are merged and everything else
 * (lists too) is replaced, by the later layer and within a layer by the deeper key.
 * @param defaults the lowest layer
 */
export function buildTree(layers: readonly LayerEntries[], defaults: ConfigSection = {}): BuiltTree {
  const problems: TreeProblem[] = [];
  const origins = new Map<string, string>();
  const root: Branch = new Map();
  lay(root, [], defaults);
  for (const layer of layers) {
    for (const { names, value, key } of valuesOf(layer, problems)) {
      // What stands at the root, and is no section, has no name to be found by.
      if (names.length === 0 && !isSection(value)) problems.push({ where: key, message: 'is no map of settings' });
      else lay(root, names, value);
      for (let length = 1; length <= names.length; length++) origins.set(names.slice(0, length).join('\0'), key);
      if (names.length === 0 && isSection(value)) for (const name of Object.keys(value)) origins.set(name, key);
    }
  }
  const originOf = (names: readonly string[]) => {
    for (let length = names.length; length > 0; length--) {
      const key = origins.get(names.slice(0, length).join('\0'));
      if (key !== undefined) return key;
    }
    return undefined;
  };
  return { value: sectionOf(root), problems, originOf };
}

/** A section while it is built. A map, so that any name will do, and so that adding to it costs the same at any size. */
type Branch = Map<string, Branch | Leaf>;

/** Anything but a section. */
class Leaf {
  readonly value: ConfigValue;

  constructor(value: ConfigValue) {
    this.value = value;
  }
}

/** Lays a value over what is there, at these names. */
function lay(root: Branch, names: readonly string[], value: ConfigValue): void {
  const last = names.at(-1);
  if (last === undefined || isSection(value)) {
    const section = names.reduce(branchOf, root);
    for (const [name, inner] of Object.entries(value as ConfigSection)) lay(section, [name], inner);
    return;
  }
  names.slice(0, -1).reduce(branchOf, root).set(last, new Leaf(value));
}

function branchOf(branch: Branch, name: string): Branch {
  const there = branch.get(name);
  if (there instanceof Map) return there;
  const made: Branch = new Map();
  branch.set(name, made);
  return made;
}

/** From entries, so that a key called `__proto__` is a key like any other. Frozen: everybody gets the same tree. */
function sectionOf(branch: Branch): ConfigSection {
  const entries = [...branch].map(([name, inner]): [string, ConfigValue] => [
    name,
    inner instanceof Leaf ? frozen(inner.value) : sectionOf(inner),
  ]);
  return Object.freeze(Object.fromEntries(entries));
}

/** Lists and what is in them; bytes cannot be frozen. */
function frozen(value: ConfigValue): ConfigValue {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  for (const each of Object.values(value)) frozen(each as ConfigValue);
  return Object.freeze(value);
}

/** What stands at these names; undefined for nothing. */
export function valueAt(tree: ConfigValue, names: readonly string[]): ConfigValue | undefined {
  let value: ConfigValue | undefined = tree;
  for (const name of names) {
    if (value === undefined || (!isSection(value) && !Array.isArray(value)) || !isEnumerable(value, name))
      return undefined;
    value = (value as ConfigSection)[name];
  }
  return value;
}

/** Whether it has a value of this name; the length of a list is none. */
function isEnumerable(value: object, name: string): boolean {
  return Object.prototype.propertyIsEnumerable.call(value, name);
}

/** Whether it has named values in it: no list, no bytes. */
export function isSection(value: unknown): value is ConfigSection {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

interface NamedValue {
  readonly key: string;
  readonly names: readonly string[];
  readonly value: ConfigValue;
}

/** The layer's values, the shallower first, so that the deeper ones are laid over them. */
function valuesOf({ folder, entries }: LayerEntries, problems: TreeProblem[]): readonly NamedValue[] {
  const values = entries.flatMap((entry): NamedValue[] => {
    const parts = entry.key.startsWith(folder) ? keyParts(entry.key.slice(folder.length)) : undefined;
    if (parts === undefined) return [];
    const value = parts.kind === undefined ? decodeValue(entry) : documentOf(entry, parts.kind, problems);
    return value === undefined ? [] : [{ key: entry.key, names: parts.names, value }];
  });
  return values.toSorted((one, other) => one.names.length - other.names.length);
}

function documentOf(
  { key, value }: LayerEntries['entries'][number],
  kind: NonNullable<KeyParts['kind']>,
  problems: TreeProblem[],
): ConfigValue | undefined {
  const text = textOf(value);
  if (text === undefined) {
    problems.push({ where: key, message: 'is not UTF-8 text' });
    return undefined;
  }
  try {
    return kind === 'json' ? (JSON.parse(text) as ConfigValue) : parseYaml(text);
  } catch (error) {
    problems.push({ where: key, message: `is not valid ${kind === 'json' ? 'JSON' : 'YAML'}${placeIn(error)}` });
    return undefined;
  }
}

/** YAML 1.2 by its core schema, as JSON has it: no tags, no merge keys, few aliases. */
function parseYaml(text: string): ConfigValue {
  const document = parseDocument(text, { schema: 'core', uniqueKeys: true, logLevel: 'silent' });
  const [error] = document.errors;
  if (error !== undefined) throw error;
  return (document.toJS({ maxAliasCount: 100 }) ?? {}) as ConfigValue;
}

/** Where a parser stumbled. Its message would quote the text, which may be a secret. */
function placeIn(error: unknown): string {
  const at = typeof error === 'object' && error !== null && 'linePos' in error ? error.linePos : undefined;
  const first = Array.isArray(at)
    ? (at[0] as { readonly line?: number; readonly col?: number } | undefined)
    : undefined;
  return first?.line === undefined ? '' : ` (line ${first.line}, column ${first.col})`;
}
