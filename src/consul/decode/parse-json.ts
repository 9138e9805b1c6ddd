import { DecodeError } from './decoder.ts';

/** Integers of 16 and more digits may be beyond what a double holds; only KV flags are ever so long. */
const LONG_FLAGS = /"Flags"\s*:\s*\d{16}/;

/** What a reviver is told beside key and value (ECMAScript's "JSON.parse source text access"). */
interface ReviverContext {
  readonly source?: string;
}

/**
 * Parses an answer's body. Flags that a double cannot hold come as bigint; everything else as usual.
 * @throws DecodeError when it is not JSON (also when it ends early)
 */
export function parseJson(body: Buffer): unknown {
  const text = body.toString('utf8');
  try {
    // The reviver makes parsing several times slower, so it runs only where it is needed.
    return LONG_FLAGS.test(text) ? JSON.parse(text, reviveFlags) : JSON.parse(text);
  } catch (error) {
    const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
    const reason = error instanceof Error ? error.message : String(error);
    throw new DecodeError('', `expected JSON, got ${JSON.stringify(shown)} (${reason})`);
  }
}

function reviveFlags(key: string, value: unknown, context?: ReviverContext): unknown {
  const exact = key === 'Flags' && typeof value === 'number' && !Number.isSafeInteger(value);
  return exact && /^\d+$/.test(context?.source ?? '') ? BigInt(context?.source ?? '') : value;
}

/** `JSON.rawJSON`, which the compiler's library does not know yet. */
interface RawJson {
  rawJSON(text: string): unknown;
}

/** Writes a request's body; bigints come out as exact numbers, undefined fields not at all. */
export function writeJson(value: unknown): Uint8Array {
  const text = JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'bigint' ? (JSON as unknown as RawJson).rawJSON(String(each)) : each,
  );
  return Buffer.from(text, 'utf8');
}
