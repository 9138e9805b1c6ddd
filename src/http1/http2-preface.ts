import { latin1 } from './bytes.ts';

/** What the only request line begins with that is none (RFC 9113 §3.4). */
const PREFACE = 'PRI * HTTP/2.0\r\n';

/** Whether `[start, end)` is the first line of HTTP/2's preface: `whole`, the beginning of it, or nothing of it. */
export function prefaceIn(bytes: Buffer, start: number, end: number): 'whole' | 'beginning' | undefined {
  const length = Math.min(end - start, PREFACE.length);
  if (!PREFACE.startsWith(latin1(bytes, start, start + length))) return undefined;
  return length === PREFACE.length ? 'whole' : 'beginning';
}
