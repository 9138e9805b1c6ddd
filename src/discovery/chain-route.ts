import type { JsonObject } from '../consul/decode/decoder.ts';
import type { NamedMatch, RouteMatch, RouteSettings, TextMatch } from '../upstream/traffic-plan.ts';
import type { RetryCondition } from '../upstream/upstream-settings.ts';

/** What a route does besides choosing where a request goes. */
export interface RouteRules {
  readonly rewrite: string | undefined;
  readonly settings: RouteSettings;
}

const NANOSECONDS_PER_MS = 1e6;
const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['µs', 1e-3],
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

/** The request a route is for; undefined for every request, `unusable` when a regular expression is none of JavaScript's. */
export function routeMatchOf(definition: JsonObject): RouteMatch | undefined | 'unusable' {
  const http = objectAt(objectAt(definition, 'Match'), 'HTTP');
  if (http === undefined) return undefined;
  const path = textMatch(http, 'Path');
  const headers = listAt(http, 'Header').map((each) => namedMatch(each, true));
  const query = listAt(http, 'QueryParam').map((each) => namedMatch(each, false));
  const methods = Array.isArray(http.Methods) ? http.Methods.map(String) : [];
  const isCatchAll = path === undefined || (path.kind === 'prefix' && path.value === '/');
  if (isCatchAll && headers.length + query.length + methods.length === 0) return undefined;
  const texts = [...(path === undefined ? [] : [path]), ...headers, ...query];
  if (texts.some(({ kind, value }) => kind === 'regex' && !isExpression(value))) return 'unusable';
  return { path, headers, query, methods };
}

/** What a route says of the requests that it takes. */
export function routeRulesOf(definition: JsonObject): RouteRules {
  const destination = objectAt(definition, 'Destination') ?? {};
  const { PrefixRewrite: rewrite, NumRetries: retries, RetryOnConnectFailure: onConnect } = destination;
  const totalMs = durationMsOf(destination.RequestTimeout);
  const statuses = Array.isArray(destination.RetryOnStatusCodes) ? destination.RetryOnStatusCodes : [];
  const known = ([502, 503, 504] as const).filter((status) => statuses.includes(status));
  const retryOn: readonly RetryCondition[] = [...(onConnect === true ? (['connect', 'reset'] as const) : []), ...known];
  return {
    rewrite: typeof rewrite === 'string' && rewrite !== '' ? rewrite : undefined,
    settings: {
      ...(totalMs === undefined || totalMs === 0 ? {} : { totalMs }),
      ...(typeof retries === 'number' && retries > 0 ? { attempts: retries + 1 } : {}),
      ...(retryOn.length > 0 ? { retryOn } : {}),
    },
  };
}

/** A duration as Consul writes it: `1m30s`, or nanoseconds. Undefined for none, and for what is none. */
export function durationMsOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value / NANOSECONDS_PER_MS;
  if (typeof value !== 'string' || !/^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/.test(value)) return undefined;
  let totalMs = 0;
  for (const [, amount, unit = ''] of value.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) {
    totalMs += Number(amount) * (UNIT_MS.get(unit) ?? 0);
  }
  return totalMs;
}

/** The fields `PathExact`, `PathPrefix`, `PathRegex`; and without `of` in front, those of a header or a parameter. */
function textMatch(object: JsonObject, of: '' | 'Path'): TextMatch | undefined {
  for (const kind of ['exact', 'prefix', 'suffix', 'regex'] as const) {
    const value = object[`${of}${kind[0]?.toUpperCase()}${kind.slice(1)}`];
    if (typeof value === 'string' && value !== '') return { kind, value };
  }
  return undefined;
}

function namedMatch(object: JsonObject, isField: boolean): NamedMatch {
  const name = String(object.Name ?? '');
  const match = textMatch(object, '') ?? { kind: 'present', value: '' };
  return { name: isField ? name.toLowerCase() : name, invert: object.Invert === true, ...match };
}

function objectAt(object: JsonObject | undefined, key: string): JsonObject | undefined {
  const value = object?.[key];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

function listAt(object: JsonObject, key: string): readonly JsonObject[] {
  const value = object[key];
  return Array.isArray(value)
    ? value.filter((each): each is JsonObject => typeof each === 'object' && each !== null)
    : [];
}

function isExpression(source: string): boolean {
  try {
    new RegExp(`^(?:${source})$`);
    return true;
  } catch {
    return false;
  }
}
