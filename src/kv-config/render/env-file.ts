import { CodedError } from '../../runtime/coded-error.ts';
import type { ConfigSection } from '../build-tree.ts';
import { leavesOf, valueText } from './value-text.ts';

/**
 * The tree as environment variables, `db.host` as `DB_HOST='…'`, for a shell, `node --env-file` and dotenv. A value with
 * a quotation mark of the single kind is in double ones, with backslashes as a shell wants them.
 * @throws CodedError `kv_not_renderable` when two values have one name, or one cannot be in a variable (NUL)
 */
export function renderEnv(tree: ConfigSection): string {
  const lines = new Map<string, { readonly path: string; readonly line: string }>();
  for (const { names, value } of leavesOf(tree)) {
    const path = names.join('.');
    const name = variableName(names);
    const text = valueText(value);
    const other = lines.get(name);
    if (other !== undefined) throw notRenderable(`${other.path} and ${path} would both be ${name}`);
    if (text.includes('\0')) throw notRenderable(`${path} has a NUL in it, which no variable can hold`);
    lines.set(name, { path, line: `${name}=${quoted(text)}\n` });
  }
  return [...lines.values()].map(({ line }) => line).join('');
}

/** Upper case, with an underscore for everything that is no letter, digit or underscore, and before a first digit. */
function variableName(names: readonly string[]): string {
  const name = names
    .join('_')
    .toUpperCase()
    .replace(/[^A-Z0-9_]/g, '_');
  return /^\d/.test(name) ? `_${name}` : name;
}

function quoted(text: string): string {
  if (/^[\w./:@%+,=-]*$/.test(text)) return text;
  return text.includes("'") ? `"${text.replace(/[\\"$`]/g, '\\$&')}"` : `'${text}'`;
}

/** What cannot be written to a file, and why. */
export function notRenderable(message: string, cause?: unknown): CodedError {
  return new CodedError(message, { code: 'kv_not_renderable', side: 'app', retryable: false, cause });
}
