import { durationMs, flag, integer, list, mapOf, struct, text } from '../wire/decode.ts';
import type { JsonValue } from '../wire/json-value.ts';
import { storeFailure } from '../wire/refusal.ts';

/** A prepared query: a named way to look a service up. Field names are those of Consul's JSON. */
export interface PreparedQuery {
  readonly ID: string;
  readonly Name: string;
  readonly Session: string;
  readonly Token: string;
  readonly Template: { readonly Type: string; readonly Regexp: string; readonly RemoveEmptyTags: boolean };
  readonly Service: QueryService;
  readonly DNS: { readonly TTL: string };
}

/** What a prepared query looks up. */
export interface QueryService {
  readonly Service: string;
  readonly Failover: { readonly NearestN: number; readonly Datacenters: readonly string[] };
  readonly OnlyPassing: boolean;
  readonly IgnoreCheckIDs: readonly string[];
  readonly Near: string;
  /** A tag after `!` must be absent. */
  readonly Tags: readonly string[];
  readonly NodeMeta: ReadonlyMap<string, string> | undefined;
  readonly ServiceMeta: ReadonlyMap<string, string> | undefined;
  readonly Connect: boolean;
}

const readFailover = struct<QueryService['Failover']>({ NearestN: integer, Datacenters: list(text) });
const readQueryService = struct<QueryService>({
  Service: text,
  Failover: (value, field) => ({ NearestN: 0, Datacenters: [], ...readFailover(value, field) }),
  OnlyPassing: flag,
  IgnoreCheckIDs: list(text),
  Near: text,
  Tags: list(text),
  NodeMeta: mapOf(text),
  ServiceMeta: mapOf(text),
  Connect: flag,
});
const readTemplate = struct<PreparedQuery['Template']>({ Type: text, Regexp: text, RemoveEmptyTags: flag });
const readDns = struct<PreparedQuery['DNS']>({ TTL: text });

const NO_SERVICE: QueryService = {
  Service: '',
  Failover: { NearestN: 0, Datacenters: [] },
  OnlyPassing: false,
  IgnoreCheckIDs: [],
  Near: '',
  Tags: [],
  NodeMeta: undefined,
  ServiceMeta: undefined,
  Connect: false,
};

const readQuery = struct<PreparedQuery>({
  ID: text,
  Name: text,
  Session: text,
  Token: text,
  Template: (value, field) => ({ Type: '', Regexp: '', RemoveEmptyTags: false, ...readTemplate(value, field) }),
  Service: (value, field) => ({ ...NO_SERVICE, ...readQueryService(value, field) }),
  DNS: (value, field) => ({ TTL: '', ...readDns(value, field) }),
});

/** Reads the body of `/v1/query`. @throws DecodeError */
export function decodeQuery(value: JsonValue): Omit<PreparedQuery, 'ID'> {
  const { ID: _, ...fields } = readQuery(value, '');
  return {
    Name: '',
    Session: '',
    Token: '',
    Template: { Type: '', Regexp: '', RemoveEmptyTags: false },
    Service: NO_SERVICE,
    DNS: { TTL: '' },
    ...fields,
  };
}

/** Refuses a query that breaks a rule. @throws Refusal 500 in Consul's words */
export function requireSoundQuery(query: Omit<PreparedQuery, 'ID'>): void {
  const refuse = (reason: string): Error => storeFailure(`Invalid prepared query: ${reason}`);
  if (query.Name === '' && query.Template.Type === '' && query.Session === '')
    throw refuse('Must be bound to a session');
  if (query.Template.Type !== '' && query.Template.Type !== 'name_prefix_match') {
    throw refuse(`Bad Template: Bad Template.Type '${query.Template.Type}'`);
  }
  if (query.Service.Service === '') throw refuse('Must provide a Service name to query');
  if (query.Service.Failover.NearestN < 0)
    throw refuse(`Bad NearestN '${query.Service.Failover.NearestN}', must be >= 0`);
  if (query.DNS.TTL !== '') durationMs(query.DNS.TTL, 'TTL');
}

/** The query that a template makes of `name`: `${name.full}`, `${name.prefix}`, `${name.suffix}` are put in. */
export function expandTemplate<T extends PreparedQuery>(query: T, name: string): T {
  if (query.Template.Type === '') return query;
  const values = new Map([
    ['name.full', name],
    ['name.prefix', query.Name],
    ['name.suffix', name.slice(query.Name.length)],
  ]);
  const fill = (written: string): string =>
    written.replaceAll(/\$\{([^}]*)\}/g, (_all, key: string) => values.get(key) ?? '');
  const { Service } = query;
  return { ...query, Service: { ...Service, Service: fill(Service.Service), Tags: Service.Tags.map(fill) } };
}
