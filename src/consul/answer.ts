import type { WireReply } from './wire.ts';

/** What Consul tells about an answer, in its headers. */
export interface AnswerMeta {
  /**
   * For the next blocking read; 1 or more. Undefined where there is none, or none to be used: on errors, and when the
   * header is not a number.
   */
  readonly index: number | undefined;
  /** For the next blocking read of `/agent/service/:id`. */
  readonly contentHash: string | undefined;
  /** False alone is no failure. */
  readonly knownLeader: boolean | undefined;
  /** How long ago the answering server last heard of its leader. */
  readonly lastContactMs: number | undefined;
  /** Whether the agent's cache had it; undefined when the cache was not asked. */
  readonly cache: 'hit' | 'miss' | undefined;
  /** How old a cached answer is; above 0 only while the agent is cut off from the servers. */
  readonly ageMs: number | undefined;
  /** The consistency that Consul used; not told for KV. */
  readonly effectiveConsistency: string | undefined;
}

/** An answer and what Consul tells about it. */
export interface Answer<T> {
  readonly value: T;
  readonly meta: AnswerMeta;
}

/** Reads the headers. `indexCounts` is false for answers whose index means nothing (errors carry a 1). */
export function answerMeta(reply: WireReply, indexCounts: boolean): AnswerMeta {
  const { headers } = reply;
  const leader = headers.get('x-consul-knownleader');
  const cache = headers.get('x-cache')?.toLowerCase();
  const ageSeconds = numberOf(headers.get('age'));
  return {
    index: indexCounts ? indexOf(headers.get('x-consul-index')) : undefined,
    contentHash: headers.get('x-consul-contenthash'),
    knownLeader: leader === undefined ? undefined : leader === 'true',
    lastContactMs: numberOf(headers.get('x-consul-lastcontact')),
    cache: cache === 'hit' || cache === 'miss' ? cache : undefined,
    ageMs: ageSeconds === undefined ? undefined : ageSeconds * 1000,
    effectiveConsistency: headers.get('x-consul-effective-consistency'),
  };
}

/** The meta of an answer whose index is to be used as a hash. 0 and 1 stand for "nothing yet", which cannot block. */
export function withOpaqueIndex(meta: AnswerMeta, reply: WireReply): AnswerMeta {
  const text = reply.headers.get('x-consul-index');
  const usable = text !== undefined && /^\d{1,20}$/.test(text) && text !== '0' && text !== '1';
  return { ...meta, index: undefined, contentHash: usable ? text : undefined };
}

/** An index below 1 would make the next read not block at all: it counts as 1. */
function indexOf(text: string | undefined): number | undefined {
  const index = numberOf(text);
  return index === undefined ? undefined : Math.max(1, index);
}

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,16}$/.test(text)) return undefined;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : undefined;
}
