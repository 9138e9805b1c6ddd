import { json } from './call.ts';
import { ConsulError } from './consul-error.ts';
import type { JsonObject } from './decode/decoder.ts';
import { decodeTxn, type TxnOutcome } from './decode/txn.ts';
import type { Exchange } from './exchange.ts';
import { keyPath } from './kv-key.ts';
import { bytesOf, type KvValue } from './kv-value.ts';
import type { CallOptions } from './read-options.ts';

/** An operation on a key. */
export type KvOperation =
  | { readonly verb: 'set'; readonly key: string; readonly value: KvValue; readonly flags?: bigint | undefined }
  /** Only if the ModifyIndex is this; 0: only if there is no such key. */
  | {
      readonly verb: 'cas';
      readonly key: string;
      readonly value: KvValue;
      readonly index: number;
      readonly flags?: bigint | undefined;
    }
  | {
      readonly verb: 'lock' | 'unlock';
      readonly key: string;
      readonly value: KvValue;
      readonly session: string;
      readonly flags?: bigint | undefined;
    }
  /** Rolls everything back if there is no such key. */
  | { readonly verb: 'get'; readonly key: string }
  | { readonly verb: 'get-tree' | 'delete-tree'; readonly prefix: string }
  | { readonly verb: 'check-index'; readonly key: string; readonly index: number }
  | { readonly verb: 'check-session'; readonly key: string; readonly session: string }
  | { readonly verb: 'check-not-exists' | 'delete'; readonly key: string }
  | { readonly verb: 'delete-cas'; readonly key: string; readonly index: number };

/** One step of a transaction. The catalog's are written as Consul has them, `{ Verb: 'set', Node: { … } }`. */
export type TxnOperation =
  | { readonly kind: 'kv'; readonly operation: KvOperation }
  | { readonly kind: 'node' | 'service' | 'check'; readonly operation: JsonObject };

/** `/v1/txn`: several operations, all or none. */
export class TxnApi {
  readonly #exchange: Exchange;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** Runs the operations (at most 64) on keys and says whether they were carried out. `PUT /v1/txn`. */
  kv(operations: readonly KvOperation[], options: CallOptions = {}): Promise<TxnOutcome> {
    return this.run(
      operations.map((operation) => ({ kind: 'kv', operation })),
      options,
    );
  }

  /**
   * Runs the operations (at most 64) and says whether they were carried out. `PUT /v1/txn`.
   * @throws ConsulError `TooLarge` for too many operations or too large values
   */
  async run(operations: readonly TxnOperation[], options: CallOptions = {}): Promise<TxnOutcome> {
    return this.#exchange.write(
      {
        method: 'PUT',
        path: 'txn',
        body: operations.map(operationBody),
        needs: 'read or write on everything that the operations touch',
        decode: json(decodeTxn),
        answers: [409],
      },
      options,
    );
  }
}

const CATALOG_FIELDS = { node: 'Node', service: 'Service', check: 'Check' } as const;

function operationBody(step: TxnOperation): Record<string, unknown> {
  if (step.kind !== 'kv') return { [CATALOG_FIELDS[step.kind]]: step.operation };
  const { operation } = step;
  const key = 'prefix' in operation ? operation.prefix : operation.key;
  keyPath(key, 'PUT');
  if (key === '' && !('prefix' in operation)) {
    throw new ConsulError({ kind: 'BadRequest', method: 'PUT', path: '/v1/txn', problem: 'a key is empty' });
  }
  return {
    KV: {
      Verb: operation.verb,
      Key: key,
      Value: 'value' in operation ? Buffer.from(bytesOf(operation.value)).toString('base64') : undefined,
      Flags: 'flags' in operation ? operation.flags : undefined,
      Index: 'index' in operation ? operation.index : undefined,
      Session: 'session' in operation ? operation.session : undefined,
    },
  };
}
