import { createHash } from 'node:crypto';
import type { KvEntry } from '../consul/decode/kv.ts';

/** Where Consular keeps labels: `consular/<name>/<label>`. */
export const LABEL_PREFIX = 'consular/';
/** Consul's limit of a value. */
const MAX_VALUE_BYTES = 512 * 1024;
/** Beyond this a key no longer fits into the line of a request. */
const MAX_KEY_BYTES = 4096;

/** A label that is stored in Consul. */
export interface FoundLabel {
  readonly key: string;
  /** The app's name: the part after the prefix. */
  readonly name: string;
  readonly value: Buffer;
  /** Whose it is; see {@link ownerFlags}. */
  readonly flags: bigint;
}

/** A label that cannot be stored. */
export interface RefusedLabel {
  readonly label: string;
  /** Why, with the limit or rule. */
  readonly problem: string;
}

/** What an app's labels become. */
export interface WantedLabels {
  /** JSON texts by key. */
  readonly values: ReadonlyMap<string, string>;
  readonly refused: readonly RefusedLabel[];
}

/** The folder of an app's labels, which ends in a slash: `my-app` is not to be taken for `my-app-2`. */
export function labelFolder(name: string): string {
  return `${LABEL_PREFIX}${name}/`;
}

/** Labels as they are stored. What Consul cannot hold is told apart, so that it keeps nothing else from being stored. */
export function wantedLabels(name: string, labels: ReadonlyMap<string, string>): WantedLabels {
  const values = new Map<string, string>();
  const refused: RefusedLabel[] = [];
  for (const [label, text] of labels) {
    const value = JSON.stringify(text);
    const problem = keyProblem(label) ?? sizeProblem(value);
    if (problem === undefined) values.set(labelFolder(name) + label, value);
    else refused.push({ label, problem });
  }
  return { values, refused };
}

/**
 * A number kept beside each label in Consul (the key's flags), which no reader of the value sees: it tells whose label
 * it is, since the key does not. 0 is what Consular wrote.
 */
export function ownerFlags(registrationId: string): bigint {
  const digest = createHash('sha256').update(`pilotfish marathon ${registrationId}`).digest();
  return digest.readBigUInt64BE() | 1n;
}

/** What of `consular/` is a label; undefined for keys that are none, or that somebody holds a lock on. */
export function foundLabel({ key, value, flags, session, lockIndex }: KvEntry): FoundLabel | undefined {
  const [, name, label] = /^consular\/([^/]+)\/(.+)$/s.exec(key) ?? [];
  if (name === undefined || label === undefined || session !== undefined || lockIndex > 0) return undefined;
  return { key, name, value, flags };
}

/** Whether a stored label says what is wanted; Consular's JSON writes some letters in another way. */
export function sameLabel(stored: Buffer, wanted: string): boolean {
  const text = stored.toString('utf8');
  if (text === wanted) return true;
  try {
    return JSON.stringify(JSON.parse(text)) === wanted;
  } catch {
    return false;
  }
}

function keyProblem(label: string): string | undefined {
  if (!label.isWellFormed()) return 'its name is not valid Unicode';
  const segments = label.split('/');
  if (label === '' || segments[0] === '' || segments.slice(0, -1).includes('')) {
    return 'its name is empty, or has an empty part between slashes, which a key in Consul cannot have';
  }
  const dots = segments.find((segment) => segment === '.' || segment === '..');
  if (dots !== undefined) return `its name has the part "${dots}", which Consul would resolve to another key`;
  const bytes = Buffer.byteLength(encodeURIComponent(label));
  return bytes > MAX_KEY_BYTES ? `its name takes ${bytes} bytes; the limit is ${MAX_KEY_BYTES}` : undefined;
}

function sizeProblem(value: string): string | undefined {
  const bytes = Buffer.byteLength(value);
  return bytes > MAX_VALUE_BYTES ? `its value takes ${bytes} bytes; Consul's limit is ${MAX_VALUE_BYTES}` : undefined;
}
