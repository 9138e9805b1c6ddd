import type { Decoder } from './decode/decoder.ts';
import { decodeLargeList, type ElementMemo } from './decode/large-list.ts';
import { parseJson } from './decode/parse-json.ts';
import type { Consistency } from './read-options.ts';
import type { WireReply, WireRequest } from './wire.ts';

/** One call of Consul's API, apart from what the caller asks of it. */
export interface Call<T> {
  /** Default GET. */
  readonly method?: WireRequest['method'];
  /** Path below `/v1/`, its variable parts encoded with {@link segment}. */
  readonly path: string;
  readonly query?: readonly (readonly [string, string])[];
  /** Bytes are sent as they are, anything else as JSON. */
  readonly body?: unknown;
  /** The ACL rule it needs, for the error when Consul does not name it. */
  readonly needs: string;
  /** Reads an answer that is not an error. @throws DecodeError */
  readonly decode: (reply: WireReply) => T | Promise<T>;
  /** Statuses other than 2xx that are answers too. */
  readonly answers?: readonly number[];
  /** Whether the index of such an answer counts: only a KV 404 has one. */
  readonly indexOnMiss?: boolean;
  /** The index is opaque, as a hash is: it does not grow, and may be larger than a number can hold. */
  readonly indexIsHash?: boolean;
  /** Heartbeats go first, on connections of their own. */
  readonly heartbeat?: boolean;
}

/** What every call falls back to. */
export interface CallDefaults {
  readonly datacenter: string | undefined;
  readonly namespace: string | undefined;
  readonly partition: string | undefined;
  readonly consistency: Consistency | undefined;
  readonly waitMs: number;
  readonly timeoutMs: number;
}

/** A part of a path from outside. Half of a surrogate pair, which no name can hold, becomes a replacement character. */
export function segment(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/** A decoder of JSON bodies, as a {@link Call} wants it. */
export function json<T>(decode: (value: unknown) => T): (reply: WireReply) => T {
  return (reply) => decode(parseJson(reply.body));
}

/** The same for lists that may be large. Lets go of the reply's body. */
export function jsonList<T>(
  item: Decoder<T>,
  memo?: ElementMemo<T> | undefined,
): (reply: WireReply) => Promise<readonly T[]> {
  return async (reply) => {
    try {
      return await decodeLargeList(reply.body, item, memo);
    } finally {
      reply.letGo?.();
    }
  };
}

/** For calls whose answer says nothing. */
export function nothing(): void {}
