import { DurationError } from '../wire/duration.ts';
import type { JsonMap } from '../wire/json-value.ts';
import { type NamedShape, UnknownName, withNames } from '../wire/named-shape.ts';
import { badRequest, storeFailure } from '../wire/refusal.ts';

/** A config entry: plain JSON with Consul's names. */
export interface ConfigEntry {
  readonly Kind: string;
  readonly Name: string;
  readonly [field: string]: unknown;
}

const named = {
  Kind: 'any',
  Name: 'any',
  Namespace: 'any',
  CreateIndex: 'any',
  ModifyIndex: 'any',
  Meta: 'any',
} as const;
const MeshGateway: NamedShape = { fields: { Mode: 'any' } };

const headerMatch: NamedShape = {
  fields: { Name: 'any', Present: 'any', Exact: 'any', Prefix: 'any', Suffix: 'any', Regex: 'any', Invert: 'any' },
};
const queryMatch: NamedShape = { fields: { Name: 'any', Present: 'any', Exact: 'any', Regex: 'any' } };
const httpMatch: NamedShape = {
  fields: {
    PathExact: 'any',
    PathPrefix: 'any',
    PathRegex: 'any',
    Header: { list: headerMatch },
    QueryParam: { list: queryMatch },
    Methods: 'any',
  },
};
const destination: NamedShape = {
  fields: {
    Service: 'any',
    ServiceSubset: 'any',
    Namespace: 'any',
    PrefixRewrite: 'any',
    RequestTimeout: 'duration',
    NumRetries: 'any',
    RetryOnConnectFailure: 'any',
    RetryOnStatusCodes: 'any',
  },
};

const kinds: ReadonlyMap<string, NamedShape> = new Map<string, NamedShape>([
  ['service-defaults', { fields: { ...named, Protocol: 'any', MeshGateway, Expose: 'any', ExternalSNI: 'any' } }],
  ['proxy-defaults', { fields: { ...named, Config: 'any', MeshGateway, Expose: 'any' } }],
  [
    'service-resolver',
    {
      fields: {
        ...named,
        ConnectTimeout: 'duration',
        DefaultSubset: 'any',
        Subsets: { map: { fields: { Filter: 'any', OnlyPassing: 'any' } } },
        Redirect: { fields: { Service: 'any', ServiceSubset: 'any', Namespace: 'any', Datacenter: 'any' } },
        Failover: { map: { fields: { Service: 'any', ServiceSubset: 'any', Namespace: 'any', Datacenters: 'any' } } },
      },
    },
  ],
  [
    'service-splitter',
    {
      fields: {
        ...named,
        Splits: { list: { fields: { Weight: 'any', Service: 'any', ServiceSubset: 'any', Namespace: 'any' } } },
      },
    },
  ],
  [
    'service-router',
    {
      fields: {
        ...named,
        Routes: { list: { fields: { Match: { fields: { HTTP: httpMatch } }, Destination: destination } } },
      },
    },
  ],
]);

/** @throws Refusal 500 for a kind that is not kept here */
export function requireKind(kind: string): void {
  if (!kinds.has(kind)) throw storeFailure(`invalid config entry kind: ${kind}`);
}

/**
 * Reads the body of `PUT /v1/config`.
 * @throws Refusal 400 for what does not parse, 500 for what breaks a rule, in Consul's words
 */
export function readConfigEntry(body: JsonMap): ConfigEntry {
  const kind = [...body].find(([key]) => key.toLowerCase() === 'kind')?.[1];
  if (typeof kind !== 'string') throw undecodable('Payload does not contain a kind/Kind key at the top level');
  const shape = kinds.get(kind);
  if (shape === undefined) throw undecodable(`invalid config entry kind: ${kind}`);
  let entry: ConfigEntry;
  try {
    entry = { Name: '', ...(withNames(body, shape) as { readonly Kind: string }) };
  } catch (error) {
    if (error instanceof UnknownName) {
      throw undecodable(`1 error occurred:\n\t* invalid config key ${JSON.stringify(error.message)}\n\n`);
    }
    throw error instanceof DurationError ? undecodable(error.message) : error;
  }
  requireSound(entry);
  const { CreateIndex: _, ModifyIndex: __, ...content } = entry;
  return content as ConfigEntry;
}

function undecodable(reason: string): Error {
  return badRequest(`Bad request: Request decoding failed: ${reason}`);
}

function requireSound(entry: ConfigEntry): void {
  if (entry.Kind === 'proxy-defaults' && entry.Name !== 'global') {
    throw storeFailure(`invalid name ("${entry.Name}"), only "global" is supported`);
  }
  if (entry.Name === '') throw storeFailure('Name is required');
  const { DefaultSubset, Subsets, Splits } = entry as {
    DefaultSubset?: string;
    Subsets?: object;
    Splits?: { Weight?: number }[];
  };
  if (DefaultSubset !== undefined && !Object.hasOwn(Subsets ?? {}, DefaultSubset)) {
    throw storeFailure(`DefaultSubset ${JSON.stringify(DefaultSubset)} is not a valid subset`);
  }
  if (entry.Kind !== 'service-splitter') return;
  if (Splits === undefined || Splits.length === 0) throw storeFailure('no splits configured');
  const sum = Splits.reduce((total, { Weight = 0 }) => total + Math.round(Weight * 100), 0) / 100;
  if (sum !== 100) throw storeFailure(`the sum of all split weights must be 100, not ${sum.toFixed(6)}`);
}
