import type { CatalogOperation } from '../store/catalog-txn.ts';
import type { KvOperation } from '../store/kv-txn.ts';
import { anything, DecodeError, type Decoder, list, struct, text, uint64 } from '../wire/decode.ts';
import { goKind, type JsonValue } from '../wire/json-value.ts';
import {
  type CatalogCheck,
  type CatalogNode,
  type CatalogService,
  decodeCatalogCheck,
  decodeCatalogNode,
  decodeCatalogService,
} from './catalog-fields.ts';

/** One operation of a transaction. */
export type Operation = ({ readonly kind: 'kv' } & KvOperation) | CatalogOperation;

/** Bytes, written as base64. */
const base64: Decoder<Buffer> = (value, field) => {
  const encoded = text(value, field);
  const fault = /[^A-Za-z0-9+/=\r\n]/.exec(encoded)?.index ?? (encoded.length % 4 === 0 ? -1 : encoded.length);
  if (fault >= 0) throw new DecodeError(`illegal base64 data at input byte ${fault}`);
  return Buffer.from(encoded, 'base64');
};

const readKv = struct<KvOperation>(
  { Verb: text, Key: text, Value: base64, Flags: uint64, Index: uint64, Session: text },
  { type: 'api.KVTxnOp', lenient: true },
);
const readNode = struct<{ Verb: string; Node: CatalogNode }>(
  { Verb: text, Node: decodeCatalogNode },
  { type: 'api.NodeTxnOp', lenient: true },
);
const readService = struct<{ Verb: string; Node: string; Service: CatalogService | undefined }>(
  { Verb: text, Node: text, Service: decodeCatalogService },
  { type: 'api.ServiceTxnOp', lenient: true },
);
const readCheck = struct<{ Verb: string; Check: CatalogCheck | undefined }>(
  { Verb: text, Check: decodeCatalogCheck },
  { type: 'api.CheckTxnOp', lenient: true },
);
const readOperation = struct<{ KV: JsonValue; Node: JsonValue; Service: JsonValue; Check: JsonValue }>(
  { KV: anything, Node: anything, Service: anything, Check: anything },
  { type: 'api.TxnOp', lenient: true },
);

/** Reads the body of `/v1/txn`; an operation that says nothing is left out, as on Consul. @throws DecodeError */
export function decodeTxn(value: JsonValue): readonly Operation[] {
  if (value !== null && !Array.isArray(value)) {
    throw new DecodeError(`json: cannot unmarshal ${goKind(value)} into Go value of type api.TxnOps`);
  }
  return list((item, field) => operationOf(item, field))(value, '').flatMap((operation) => operation ?? []);
}

function operationOf(value: JsonValue, field: string): Operation | undefined {
  const { KV, Node, Service, Check } = readOperation(value, field || 'TxnOp');
  if (KV) return { kind: 'kv', ...ABSENT_KV, ...readKv(KV, 'KV') };
  if (Node) {
    const { Verb = '', Node: node = decodeCatalogNode(new Map(), '') } = readNode(Node, 'Node');
    const { ModifyIndex, ...definition } = node;
    return { kind: 'node', verb: Verb, node: definition, index: ModifyIndex };
  }
  if (Service) {
    const { Verb = '', Node: node = '', Service: service } = readService(Service, 'Service');
    const { ModifyIndex, ...definition } = service ?? (decodeCatalogService(new Map(), '') as CatalogService);
    return { kind: 'service', verb: Verb, node, service: definition, index: ModifyIndex };
  }
  if (Check) {
    const { Verb = '', Check: check } = readCheck(Check, 'Check');
    const { ModifyIndex, ...definition } = check ?? (decodeCatalogCheck(new Map(), '') as CatalogCheck);
    return { kind: 'check', verb: Verb, check: definition, index: ModifyIndex };
  }
  return undefined;
}

const ABSENT_KV: KvOperation = { Verb: '', Key: '', Value: Buffer.alloc(0), Flags: 0n, Index: 0n, Session: '' };
