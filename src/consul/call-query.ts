import type { Call, CallDefaults } from './call.ts';
import type { QueryKind } from './query-budget.ts';
import { entriesOf, type ReadOptions } from './read-options.ts';

/** What a query depends on besides the call and its options. */
export interface QueryContext {
  readonly defaults: CallDefaults;
  readonly waitMs: number;
  readonly kind: QueryKind;
}

/** The encoded query of a call: its own parameters, then those that its options and the client's defaults say. */
export function queryOf<T>(call: Call<T>, options: ReadOptions, { defaults, waitMs, kind }: QueryContext): string {
  const query = new URLSearchParams();
  for (const [name, value] of call.query ?? []) query.append(name, value);
  const set = (name: string, value: string | undefined) => {
    if (value !== undefined && value !== '') query.append(name, value);
  };
  set('dc', options.datacenter ?? defaults.datacenter);
  set('ns', options.namespace ?? defaults.namespace);
  set('partition', options.partition ?? defaults.partition);
  set('peer', options.peer);
  set('filter', options.filter);
  set('near', options.near);
  for (const [key, value] of entriesOf(options.nodeMeta ?? {})) query.append('node-meta', `${key}:${value}`);
  if (kind === 'poll') {
    set('index', options.index === undefined ? undefined : String(Math.max(1, options.index)));
    set(call.indexIsHash === true ? 'index' : 'hash', options.hash);
    set('wait', `${waitMs}ms`);
  }
  const consistency = kind === 'read' || kind === 'poll' ? (options.consistency ?? defaults.consistency) : undefined;
  if (consistency !== undefined && consistency !== 'default') query.append(consistency, '');
  return query.toString();
}
