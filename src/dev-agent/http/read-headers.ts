import { Refusal } from '../wire/refusal.ts';
import type { ReadOptions } from './read-options.ts';

/** Which of the headers of a read apply. */
export interface ReadHeaderOptions {
  readonly index: number;
  /** KV, sessions and config entries do not say it (contract consul.md 15). */
  readonly consistency?: ReadOptions['consistency'] | undefined;
  /** Whether `?cached` was asked for and the endpoint knows it (contract consul.md 14). */
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

/** An error of the store on a read, with the headers that Consul sends then (contract consul.md 6). */
export function readFailure(message: string): Refusal {
  return new Refusal(500, message, {
    'X-Consul-Index': '1',
    'X-Consul-KnownLeader': 'false',
    'X-Consul-LastContact': '0',
  });
}
