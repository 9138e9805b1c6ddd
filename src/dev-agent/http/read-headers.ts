import type { ReadOptions } from './read-options.ts';

/** Which of the headers of a read apply. */
export interface ReadHeaderOptions {
  readonly index: number;
  /** KV, sessions and config entries do not say it (docs/consul-client.md 15). */
  readonly consistency?: ReadOptions['consistency'] | undefined;
  /** Whether `?cached` was asked for and the endpoint knows it (docs/consul-client.md 14). */
  readonly cached?: boolean | undefined;
}

/** The headers by which a client goes on with a blocking query. */
export function readHeaders(options: ReadHeaderOptions): Record<string, string> {
  return {
    ...(options.consistency === undefined ? {} : { 'X-Consul-Effective-Consistency': options.consistency }),
    'X-Consul-Index': String(Math.max(1, options.index)),
    'X-Consul-KnownLeader': 'true',
    'X-Consul-LastContact': '0',
    ...(options.cached ? { 'X-Cache': 'HIT', Age: '0' } : {}),
  };
}
