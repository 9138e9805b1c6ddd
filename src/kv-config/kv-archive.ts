import { CodedError } from '../runtime/coded-error.ts';

/** A key with all that is kept of it when it moves: no locks and no indexes. */
export interface ArchivedKey {
  readonly key: string;
  readonly value: Uint8Array;
  /** Up to 2^64-1. */
  readonly flags: bigint;
}

/** Writes keys as `consul kv export` does: a JSON list of key, flags and base64 value. */
export function formatArchive(keys: Iterable<ArchivedKey>): string {
  const items = Array.from(keys, ({ key, value, flags }) =>
    [
      '\t{',
      `\t\t"key": ${JSON.stringify(key)},`,
      // Digits, since a double would change them.
      `\t\t"flags": ${flags},`,
      `\t\t"value": "${Buffer.from(value).toString('base64')}"`,
      '\t}',
    ].join('\n'),
  );
  return items.length === 0 ? '[]\n' : `[\n${items.join(',\n')}\n]\n`;
}

/**
 * Reads what {@link formatArchive}, or `consul kv export`, has written.
 * @throws CodedError `kv_archive_invalid` naming the place; never a value
 */
export function parseArchive(text: string): readonly ArchivedKey[] {
  let list: unknown;
  try {
    list = JSON.parse(text, exactFlags);
  } catch (cause) {
    throw invalid('it is not JSON', cause);
  }
  if (!Array.isArray(list)) throw invalid('it is not a list of keys');
  return list.map(archivedKey);
}

function archivedKey(item: unknown, index: number): ArchivedKey {
  const { key, flags = 0n, value } = (item ?? {}) as Readonly<Record<'key' | 'flags' | 'value', unknown>>;
  if (typeof key !== 'string' || key === '') throw invalid(`number ${index} has no key`);
  if (typeof flags !== 'bigint' || flags < 0n || flags >= 2n ** 64n) {
    throw invalid(`the flags of ${JSON.stringify(key)} are no number from 0 to 2^64-1`);
  }
  const base64 = value ?? '';
  // Buffer skips what is not base64; a value must not be changed without a word.
  if (typeof base64 !== 'string' || base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) {
    throw invalid(`the value of ${JSON.stringify(key)} is not base64`);
  }
  return { key, flags, value: Buffer.from(base64, 'base64') };
}

function exactFlags(name: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (name !== 'flags' || typeof value !== 'number') return value;
  const digits = context?.source ?? String(value);
  return /^\d{1,20}$/.test(digits) ? BigInt(digits) : value;
}

function invalid(what: string, cause?: unknown): CodedError {
  const message = `this is no archive of keys: ${what}; write one with pilotfish kv export, or consul kv export`;
  return new CodedError(message, { code: 'kv_archive_invalid', side: 'app', retryable: false, cause });
}
