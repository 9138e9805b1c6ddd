import {
  type Decoder,
  decodeList,
  decodeNumber,
  decodeObject,
  decodeString,
  field,
  fieldOr,
  type JsonObject,
} from './decoder.ts';
import { decodeHealthEntries, type HealthEntry } from './health.ts';

/** A prepared query as it is stored. */
export interface PreparedQuery {
  readonly id: string;
  readonly name: string;
  /** The service it asks for. */
  readonly service: string;
  /** Everything, as Consul gives it. */
  readonly raw: JsonObject;
}

/** What a prepared query gave. */
export interface PreparedQueryResult {
  readonly service: string;
  readonly entries: readonly HealthEntry[];
  /** Where the instances are. */
  readonly datacenter: string;
  /** How many datacenters were asked in vain before this one. */
  readonly failovers: number;
}

const decodeQueriedService: Decoder<string> = (value) => field(decodeObject(value), 'Service', decodeString);

const decodeQuery: Decoder<PreparedQuery> = (value) => {
  const raw = decodeObject(value);
  return {
    id: field(raw, 'ID', decodeString),
    name: fieldOr(raw, 'Name', decodeString, ''),
    service: field(raw, 'Service', decodeQueriedService),
    raw,
  };
};

/** `/v1/query` and `/v1/query/:id`. */
export const decodeQueries: Decoder<readonly PreparedQuery[]> = decodeList(decodeQuery);

/** `/v1/query/:id/execute`. */
export const decodeQueryResult: Decoder<PreparedQueryResult> = (value) => {
  const object = decodeObject(value);
  return {
    service: field(object, 'Service', decodeString),
    entries: field(object, 'Nodes', decodeHealthEntries),
    datacenter: fieldOr(object, 'Datacenter', decodeString, ''),
    failovers: fieldOr(object, 'Failovers', decodeNumber, 0),
  };
};
