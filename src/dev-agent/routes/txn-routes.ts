import { type Answer, json } from '../http/answer.ts';
import { encodeKv } from '../http/encode-kv.ts';
import { encodeCheck, encodeNode, encodeService } from '../http/encode-records.ts';
import { endpoint } from '../http/endpoint.ts';
import { checkTarget } from '../http/read-options.ts';
import type { Registry, RouteContext } from '../http/registry.ts';
import { asDecodeFailure, type RegistryRequest } from '../http/registry-request.ts';
import { decodeTxn, type Operation } from '../local/txn-fields.ts';
import { runCatalogOperation } from '../store/catalog-txn.ts';
import { KV_READ_VERBS, runKvOperation } from '../store/kv-txn.ts';
import { TxnFault, type TxnResult } from '../store/txn-result.ts';
import { decodeBody } from '../wire/decode.ts';
import { Refusal } from '../wire/refusal.ts';
import { MAX_VALUE_BYTES } from './kv-routes.ts';

const MAX_OPERATIONS = 64;

/** `/v1/txn` (docs/consul-client.md 48). */
export function txnRoutes(context: RouteContext): void {
  endpoint(context, '/v1/txn', { PUT: (request) => transact(context.registry, request) });
}

async function transact(registry: Registry, request: RegistryRequest): Promise<Answer> {
  checkTarget(request.query, registry.node.Datacenter);
  refuseLarge(request.contentLength);
  const body = await request.body();
  const operations = asDecodeFailure(() => decodeTxn(decodeBody(body)), 'Failed to parse body: ');
  if (operations.length > MAX_OPERATIONS) {
    const message = `Transaction contains too many operations (${operations.length} > ${MAX_OPERATIONS})`;
    throw new Refusal(413, message);
  }
  const outcome = run(registry, operations, registry.node.Datacenter);
  const Results = outcome.errors.length > 0 ? null : outcome.results.map(encodeResult);
  const Errors = outcome.errors.length > 0 ? outcome.errors : null;
  const status = outcome.errors.length > 0 ? 409 : 200;
  if (!operations.every(isRead)) return json({ Results, Errors }, {}, status);
  const meta = { Index: 0, LastContact: 0, KnownLeader: true, ConsistencyLevel: '' };
  return json({ Results, Errors, ...meta }, { 'X-Consul-KnownLeader': 'true', 'X-Consul-LastContact': '0' }, status);
}

function refuseLarge(contentLength: number | undefined): void {
  if (contentLength === undefined || contentLength <= MAX_VALUE_BYTES) return;
  const where = 'See https://www.consul.io/docs/agent/options.html#txn_max_req_len.';
  const message = `Request body(${contentLength} bytes) too large, max size: ${MAX_VALUE_BYTES} bytes. ${where}`;
  throw new Refusal(413, message, { Connection: 'close' });
}

/** A transaction is a read if none of its verbs writes; an unknown verb counts as none. */
function isRead(operation: Operation): boolean {
  const WRITES = new Set(['set', 'cas', 'lock', 'unlock', 'delete', 'delete-cas', 'delete-tree']);
  if (operation.kind === 'kv') return KV_READ_VERBS.has(operation.Verb) || !WRITES.has(operation.Verb);
  return operation.verb === 'get';
}

interface TxnError {
  readonly OpIndex: number;
  readonly What: string;
}

class RolledBack extends Error {}

/** Does all operations as one write, or none of them: then every fault is told. */
function run(
  registry: Registry,
  operations: readonly Operation[],
  datacenter: string,
): { readonly results: readonly TxnResult[]; readonly errors: readonly TxnError[] } {
  const results: TxnResult[] = [];
  const errors: TxnError[] = [];
  try {
    registry.ledger.write(() => {
      operations.forEach((operation, OpIndex) => {
        try {
          results.push(...runOne(registry, operation, datacenter));
        } catch (error) {
          if (!(error instanceof TxnFault || error instanceof Refusal)) throw error;
          errors.push({ OpIndex, What: error.message });
        }
      });
      if (errors.length > 0) throw new RolledBack();
    });
  } catch (error) {
    if (!(error instanceof RolledBack)) throw error;
    registry.kv.forgetOrder();
  }
  return { results, errors };
}

function runOne(registry: Registry, operation: Operation, datacenter: string): readonly TxnResult[] {
  if (operation.kind === 'kv') return runKvOperation(registry, operation);
  if (operation.kind !== 'node') return runCatalogOperation(registry.catalog, operation);
  return runCatalogOperation(registry.catalog, { ...operation, node: { ...operation.node, Datacenter: datacenter } });
}

/** Alone among the endpoints, transactions show no tags as null. */
function nullIfEmpty(name: string, tags: readonly string[]): object {
  return tags.length === 0 ? { [name]: null } : {};
}

function encodeResult(result: TxnResult): object {
  if (result.kind === 'kv') return { KV: encodeKv(result.entry, result.withValue) };
  if (result.kind === 'node') return { Node: encodeNode(result.node) };
  if (result.kind === 'service')
    return { Service: { ...encodeService(result.service), ...nullIfEmpty('Tags', result.service.Tags) } };
  return { Check: { ...encodeCheck(result.check), ...nullIfEmpty('ServiceTags', result.check.ServiceTags) } };
}
