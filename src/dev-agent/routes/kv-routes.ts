import { type Answer, json } from '../http/answer.ts';
import { blockingRead, type ReadResult } from '../http/blocking-read.ts';
import { encodeKv } from '../http/encode-kv.ts';
import { endpoint } from '../http/endpoint.ts';
import { readHeaders } from '../http/read-headers.ts';
import { checkTarget, readOptions } from '../http/read-options.ts';
import type { Registry, RouteContext } from '../http/registry.ts';
import type { RegistryRequest } from '../http/registry-request.ts';
import type { KvEntry } from '../store/kv-store.ts';
import { deleteIfUnchanged, type KvWrite, lockKey, setIfUnchanged, setKey, unlockKey } from '../store/kv-writes.ts';
import { badRequest, Refusal, storeFailure } from '../wire/refusal.ts';

/** The largest value (Consul's `kv_max_value_size`). */
export const MAX_VALUE_BYTES = 524_288;

/** `/v1/kv/*` (docs/consul-client.md 42–47). */
export function kvRoutes(context: RouteContext): void {
  const { registry } = context;
  endpoint(context, '/v1/kv/', {
    GET: (request) => read(registry, request),
    PUT: (request) => write(registry, request),
    DELETE: (request) => remove(registry, request),
  });
}

async function read(registry: Registry, request: RegistryRequest): Promise<Answer> {
  const { query, rest: key } = request;
  checkTarget(query, registry.node.Datacenter);
  const options = readOptions(query, registry.node.Datacenter);
  if (query.has('keys')) return listKeys(registry, request);
  const recurse = query.has('recurse');
  if (key === '' && !recurse) throw badRequest('Missing key name');
  const { value, index } = await blockingRead(registry, options, request.signal, () =>
    recurse ? readPrefix(registry, key) : readKey(registry, key),
  );
  const headers = readHeaders({ index });
  if (value.length === 0) return { status: 404, headers, body: '' };
  if (!query.has('raw'))
    return json(
      value.map((entry) => encodeKv(entry)),
      headers,
    );
  const raw = {
    'Content-Type': 'text/plain',
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': 'sandbox',
  };
  return { headers: { ...headers, ...raw }, body: value[0]?.Value ?? '' };
}

function readKey({ kv }: Registry, key: string): ReadResult<readonly KvEntry[]> {
  const entry = kv.get(key);
  if (entry === undefined) return { value: [], index: kv.lastIndex, topics: ['index/kvs'] };
  return { value: [entry], index: entry.ModifyIndex, topics: [`kv/${key}`] };
}

function readPrefix({ kv }: Registry, prefix: string): ReadResult<readonly KvEntry[]> {
  const own = prefix === '' ? 0 : kv.prefixIndex(prefix);
  return {
    value: kv.list(prefix),
    index: own === 0 ? kv.lastIndex : own,
    topics: own === 0 ? ['index/kvs'] : [`kv/${prefix}*`],
  };
}

async function listKeys(registry: Registry, request: RegistryRequest): Promise<Answer> {
  const { query, rest: prefix } = request;
  const options = readOptions(query, registry.node.Datacenter);
  const separator = query.get('separator') ?? '';
  const { value, index } = await blockingRead(registry, options, request.signal, () => readPrefix(registry, prefix));
  const headers = readHeaders({ index });
  if (value.length === 0 && prefix !== '') return { status: 404, headers, body: '' };
  const keys = value.map(({ Key }) => upTo(Key, separator, prefix.length));
  return json([...new Set(keys)], headers);
}

/** The part of `key` up to and with the first `separator` after `from` characters. */
function upTo(key: string, separator: string, from: number): string {
  const at = separator === '' ? -1 : key.indexOf(separator, from);
  return at < 0 ? key : key.slice(0, at + separator.length);
}

async function write(registry: Registry, request: RegistryRequest): Promise<Answer> {
  const { query, rest: Key } = request;
  checkTarget(query, registry.node.Datacenter);
  if (Key === '') throw badRequest('Missing key name');
  refuseConflicts(query, ['cas', 'acquire', 'release']);
  refuseLarge(request.contentLength);
  const Flags = query.has('flags') ? uint64(query.get('flags') ?? '') : 0n;
  const cas = query.has('cas') ? uint64(query.get('cas') ?? '') : undefined;
  const Value = await request.body();
  return json(apply(registry, query, { Key, Value, Flags }, cas));
}

function apply(registry: Registry, query: URLSearchParams, write: KvWrite, cas: bigint | undefined): boolean {
  const acquire = query.get('acquire');
  const release = query.get('release');
  if (cas !== undefined) return setIfUnchanged(registry, write, cas) !== undefined;
  if (acquire !== null) {
    if (registry.sessions.isDelayed(write.Key)) return false;
    return lockKey(registry, write, acquire) !== undefined;
  }
  if (release !== null) return unlockKey(registry, write, release) !== undefined;
  setKey(registry, write);
  return true;
}

function remove(registry: Registry, { query, rest: key }: RegistryRequest): Answer {
  checkTarget(query, registry.node.Datacenter);
  refuseConflicts(query, ['recurse', 'cas']);
  if (query.has('recurse')) {
    registry.kv.dropTree(key);
    return json(true);
  }
  if (key === '') throw badRequest('Missing key name');
  if (query.has('cas')) return json(deleteIfUnchanged(registry, key, uint64(query.get('cas') ?? '')));
  registry.kv.drop(key);
  return json(true);
}

function refuseConflicts(query: URLSearchParams, flags: readonly string[]): void {
  if (flags.filter((flag) => query.has(flag)).length < 2) return;
  const sorted = new URLSearchParams(query);
  sorted.sort();
  throw badRequest(`Conflicting flags: ${sorted}`);
}

function refuseLarge(contentLength: number | undefined): void {
  if (contentLength === undefined || contentLength <= MAX_VALUE_BYTES) return;
  const where = 'See https://www.consul.io/docs/agent/options.html#kv_max_value_size.';
  const message = `Request body(${contentLength} bytes) too large, max size: ${MAX_VALUE_BYTES} bytes. ${where}`;
  throw new Refusal(413, message, { Connection: 'close' });
}

function uint64(text: string): bigint {
  if (!/^\d+$/.test(text)) throw storeFailure(`strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = BigInt(text);
  if (value <= 0xffff_ffff_ffff_ffffn) return value;
  throw storeFailure(`strconv.ParseUint: parsing ${JSON.stringify(text)}: value out of range`);
}
