import { DurationError, parseGoDuration } from '../wire/duration.ts';
import { badRequest, type Refusal, storeFailure } from '../wire/refusal.ts';
import { readFailure } from './read-failure.ts';

/** How a read is to be answered; the query parameters that every read takes. */
export interface ReadOptions {
  /** Answer only once the index is past this; 0 answers at once. */
  readonly index: number;
  /** Longest wait, jitter not included. */
  readonly waitMs: number;
  readonly consistency: 'leader' | 'stale' | 'consistent';
  readonly cached: boolean;
  readonly filter: string;
}

const DEFAULT_WAIT_MS = 300_000;
const MAX_WAIT_MS = 600_000;

/**
 * Reads `index`, `wait`, `stale`, `consistent`, `cached`, `filter`, `dc` and `ns` (docs/consul-client.md 1, 2, 14, 36).
 * @throws Refusal as Consul words it
 */
export function readOptions(query: URLSearchParams, datacenter: string): ReadOptions {
  checkTarget(query, datacenter, readFailure);
  const waitMs = waitOf(query.get('wait'));
  const index = indexOf(query.get('index'));
  const stale = query.has('stale');
  const consistent = query.has('consistent');
  const cached = query.has('cached');
  if (stale && consistent) throw badRequest('Cannot specify ?stale with ?consistent, conflicting semantics.');
  if (cached && consistent) throw badRequest('Cannot specify ?cached with ?consistent, conflicting semantics.');
  const consistency = stale ? 'stale' : consistent ? 'consistent' : 'leader';
  return { index, waitMs, consistency, cached, filter: query.get('filter') ?? '' };
}

/**
 * Refuses a namespace (a feature of Consul Enterprise) and any datacenter but our own.
 * @throws Refusal 400 for `ns`; 500 for `dc`, made by `refuse`
 */
export function checkTarget(
  query: URLSearchParams,
  datacenter: string,
  refuse: (message: string) => Refusal = storeFailure,
): void {
  if (query.get('ns')) {
    throw badRequest('Bad request: Invalid query parameter: "ns" - Namespaces are a Consul Enterprise feature');
  }
  const wanted = query.get('dc') || datacenter;
  if (wanted !== datacenter) throw refuse('No path to datacenter');
}

function waitOf(text: string | null): number {
  if (text === null || text === '') return DEFAULT_WAIT_MS;
  try {
    const waitMs = parseGoDuration(text);
    return waitMs <= 0 ? DEFAULT_WAIT_MS : Math.min(waitMs, MAX_WAIT_MS);
  } catch (error) {
    throw error instanceof DurationError ? badRequest('Invalid wait time') : error;
  }
}

function indexOf(text: string | null): number {
  if (text === null || text === '') return 0;
  if (!/^\d+$/.test(text) || BigInt(text) > 0xffff_ffff_ffff_ffffn) throw badRequest('Invalid index');
  return Number(text);
}
