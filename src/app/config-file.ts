import { readFileSync } from 'node:fs';
import { isMap, isNode, isScalar, LineCounter, type Node, type Pair, parseDocument, visit } from 'yaml';
import { ConfigError } from './config-error.ts';
import { type ConfigLayer, type ConfigPath, isSection } from './config-layer.ts';

/** A configuration is read whole; a larger file is some other file. */
const MAX_FILE_BYTES = 4 * 2 ** 20;

/**
 * Reads a YAML (or JSON) file as a layer that knows line and column of each setting.
 * @throws ConfigError when it cannot be read, is no YAML, or is no map of settings
 */
export function readConfigFile(file: string): ConfigLayer {
  return parseConfigText(readText(file), file);
}

/**
 * The same for text that is not in a file.
 * @param name stands before line and column in errors
 */
export function parseConfigText(text: string, name: string): ConfigLayer {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const placeOf = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  if (document.errors.length > 0) {
    throw new ConfigError(
      document.errors.map(({ pos, message }) => ({
        where: placeOf(pos[0]),
        path: '',
        message: `not valid YAML: ${message}`,
      })),
    );
  }
  visit(document, {
    Pair(_, { key }) {
      if (!isScalar(key) || key.value !== '__proto__') return;
      const where = key.range ? placeOf(key.range[0]) : name;
      throw new ConfigError([{ where, path: '', message: 'unknown key __proto__' }]);
    },
  });
  let tree: unknown;
  try {
    tree = document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch (error) {
    const message = `not valid YAML: ${error instanceof Error ? error.message : String(error)}`;
    throw new ConfigError([{ where: name, path: '', message }]);
  }
  if (!isSection(tree)) {
    throw new ConfigError([
      { where: `${name}:1:1`, path: '', message: 'expected a map of settings, such as "service:"' },
    ]);
  }
  return {
    tree,
    whereIs(path, part) {
      const pair = pairAt(document.contents, path);
      const node = part === 'key' ? (pair?.key ?? pair?.value) : (pair?.value ?? pair?.key);
      return isNode(node) && node.range ? placeOf(node.range[0]) : undefined;
    },
  };
}

function readText(file: string): string {
  try {
    const text = readFileSync(file);
    if (text.length > MAX_FILE_BYTES) {
      throw new ConfigError([
        { where: file, path: '', message: `has ${text.length} bytes; a configuration has at most ${MAX_FILE_BYTES}` },
      ]);
    }
    return text.toString('utf8');
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError([{ where: file, path: '', message: `cannot be read: ${reason}` }]);
  }
}

/** The key and value nodes at a path; a list's element has no key. */
function pairAt(root: unknown, path: ConfigPath): { readonly key?: unknown; readonly value?: unknown } | undefined {
  let found: { readonly key?: unknown; readonly value?: unknown } = { value: root };
  for (const step of path) {
    const node = found.value;
    if (isMap(node)) {
      const pair = (node.items as Pair<Node, Node>[]).find(
        ({ key }) => isScalar(key) && String(key.value) === String(step),
      );
      if (pair === undefined) return undefined;
      found = pair;
    } else if (isNode(node) && 'items' in node && Array.isArray(node.items)) {
      found = { value: node.items[Number(step)] };
      if (found.value === undefined) return undefined;
    } else return undefined;
  }
  return found;
}
