import type { CheckStatus } from '../store/catalog-records.ts';

/** What one look at an app found. */
export interface ProbeResult {
  readonly status: CheckStatus;
  readonly output: string;
}

/** Looks once. What it throws becomes a critical result, as what goes wrong there is. `signal` aborts at the check's timeout and when it is removed. */
export type Probe = (signal: AbortSignal) => Promise<ProbeResult>;

/** How much of a check's output is kept, unless it says otherwise. */
export const DEFAULT_OUTPUT_BYTES = 4096;

/** The words for a connection that failed, as Go says them. */
export function connectFailure(error: unknown, target: string): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ECONNREFUSED') return `dial tcp ${target}: connect: connection refused`;
  if (code === 'EHOSTUNREACH') return `dial tcp ${target}: connect: no route to host`;
  if (code === 'ENOTFOUND') return `dial tcp: lookup ${target.replace(/:\d+$/, '')}: no such host`;
  return `dial tcp ${target}: ${error instanceof Error ? error.message : String(error)}`;
}

/** `text` cut to `maxBytes`, as the whole UTF-8 characters that fit. */
export function truncate(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  let end = maxBytes;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString();
}
