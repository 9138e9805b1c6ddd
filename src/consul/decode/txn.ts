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
import { decodeKvEntry, type KvEntry } from './kv.ts';

/** What one operation of a transaction gave. */
export type TxnResult =
  | { readonly kind: 'kv'; readonly entry: KvEntry }
  /** A node, service or check, as Consul gives it. */
  | { readonly kind: 'node' | 'service' | 'check'; readonly raw: JsonObject };

/** Why a transaction was rolled back. */
export interface TxnError {
  /** Which operation, counted from 0. */
  readonly opIndex: number;
  /** Consul's text. */
  readonly what: string;
}

/** How a transaction went: all of it, or nothing. */
export type TxnOutcome =
  | { readonly committed: true; readonly results: readonly TxnResult[] }
  | { readonly committed: false; readonly errors: readonly TxnError[] };

const decodeResult: Decoder<TxnResult> = (value) => {
  const object = decodeObject(value);
  if (object.KV !== undefined) return { kind: 'kv', entry: field(object, 'KV', decodeKvEntry) };
  if (object.Node !== undefined) return { kind: 'node', raw: field(object, 'Node', decodeObject) };
  if (object.Service !== undefined) return { kind: 'service', raw: field(object, 'Service', decodeObject) };
  return { kind: 'check', raw: field(object, 'Check', decodeObject) };
};

const decodeError: Decoder<TxnError> = (value) => {
  const object = decodeObject(value);
  return { opIndex: fieldOr(object, 'OpIndex', decodeNumber, 0), what: field(object, 'What', decodeString) };
};

const decodeResults = decodeList(decodeResult);
const decodeErrors = decodeList(decodeError);

/** `PUT /v1/txn`, of a 200 or a 409. */
export const decodeTxn: Decoder<TxnOutcome> = (value) => {
  const object = decodeObject(value);
  const errors = field(object, 'Errors', decodeErrors);
  if (errors.length > 0) return { committed: false, errors };
  return { committed: true, results: field(object, 'Results', decodeResults) };
};
