import { CodedError } from '../runtime/coded-error.ts';

/**
 * Where a value stands in the tree: `db.host`, `db/host`, or its names one by one (`['hosts', 'example.com']`) where a
 * name has a dot or slash in it. Empty: the whole tree.
 */
export type ConfigPath = string | readonly string[];

/** A key with one of these endings is a document of that kind; the ending does not belong to the name. */
const DOCUMENT = /\.(json|ya?ml)$/;

/** The endings that the key of a document may have. */
export const DOCUMENT_ENDINGS: readonly string[] = ['.json', '.yaml', '.yml'];

/** The names on the way to a value. */
export function namesOf(path: ConfigPath): readonly string[] {
  if (typeof path !== 'string') return path;
  return path === '' ? [] : path.split(/[./]/);
}

/** A key under a layer's folder, taken apart. */
export interface KeyParts {
  readonly names: readonly string[];
  /** What its ending says of the value; undefined: nothing, so the value speaks for itself. */
  readonly kind: 'json' | 'yaml' | undefined;
}

/** Takes apart what stands after the layer's folder; undefined for folders, which end in a slash and hold nothing. */
export function keyParts(key: string): KeyParts | undefined {
  if (key === '' || key.endsWith('/')) return undefined;
  const ending = DOCUMENT.exec(key)?.[1];
  if (ending === undefined) return { names: key.split('/'), kind: undefined };
  const names = key.slice(0, -ending.length - 1).split('/');
  // A key called `.json` is the document of its folder.
  return { names: names.at(-1) === '' ? names.slice(0, -1) : names, kind: ending === 'json' ? 'json' : 'yaml' };
}

/**
 * The key, below the layer's folder, under which a value at these names is stored.
 * @throws CodedError `config_path_invalid` for names that would not come back
 */
export function keyAt(names: readonly string[]): string {
  const bad = names.length === 0 ? '' : names.find((name) => isUnfit(name));
  const last = names.at(-1) ?? '';
  if (bad === undefined && !DOCUMENT.test(last)) return names.join('/');
  const message =
    bad === undefined
      ? `the name ${JSON.stringify(last)} ends as a document’s key does: leave ${DOCUMENT.exec(last)?.[0]} out`
      : `${JSON.stringify(names.join('.'))} is no path to a value: names are not empty, not . or .., and have no slash`;
  throw new CodedError(message, { code: 'config_path_invalid', side: 'app', retryable: false });
}

function isUnfit(name: string): boolean {
  return name === '' || name === '.' || name === '..' || name.includes('/') || !name.isWellFormed();
}
