import { type Answer, json } from '../http/answer.ts';
import { blockingRead } from '../http/blocking-read.ts';
import { endpoint, type Handler } from '../http/endpoint.ts';
import { readFailure } from '../http/read-failure.ts';
import { readHeaders } from '../http/read-headers.ts';
import { checkTarget, readOptions } from '../http/read-options.ts';
import type { Registry, RouteContext } from '../http/registry.ts';
import { asDecodeFailure, type RegistryRequest } from '../http/registry-request.ts';
import type { Session } from '../store/session-store.ts';
import { type Decoder, decodeBody, durationMs, list, struct, text } from '../wire/decode.ts';
import { DurationError, parseGoDuration } from '../wire/duration.ts';
import { badRequest, Refusal, storeFailure } from '../wire/refusal.ts';
import { requireUuid, uuidFault } from '../wire/uuid-fault.ts';

const DEFAULT_LOCK_DELAY_MS = 15_000;
const MAX_LOCK_DELAY_MS = 60_000;
const MIN_TTL_MS = 10_000;
const MAX_TTL_MS = 86_400_000;

interface SessionFields {
  readonly LockDelay: number;
  readonly Name: string;
  readonly Node: string;
  readonly Behavior: string;
  readonly TTL: string;
  readonly Checks: readonly string[];
  readonly NodeChecks: readonly string[];
  readonly ServiceChecks: readonly { readonly ID?: string }[];
}

/** A lock delay under 1000 is in seconds, else in nanoseconds; a text is a duration. */
const lockDelay: Decoder<number> = (value, field) =>
  typeof value === 'number' && value < 1000 ? value * 1000 : durationMs(value, field);

const readSession = struct<SessionFields>(
  {
    LockDelay: lockDelay,
    Name: text,
    Node: text,
    Behavior: text,
    TTL: text,
    Checks: list(text),
    NodeChecks: list(text),
    ServiceChecks: list(struct<{ ID: string }>({ ID: text }, { lenient: true }), '[]structs.ServiceCheck'),
  },
  { type: 'struct', lenient: true },
);

/** `/v1/session/*` (docs/consul-client.md 49). */
export function sessionRoutes(context: RouteContext): void {
  const { registry } = context;
  endpoint(context, '/v1/session/create', { PUT: (request) => create(registry, request) });
  endpoint(context, '/v1/session/destroy/', { PUT: (request) => destroy(registry, request) });
  endpoint(context, '/v1/session/renew/', { PUT: (request) => renew(registry, request) });
  endpoint(context, '/v1/session/info/', { GET: (request) => info(registry, request) });
  endpoint(context, '/v1/session/node/', { GET: listing(registry, (session, node) => sameName(session.Node, node)) });
  endpoint(context, '/v1/session/list', { GET: listing(registry, () => true) });
}

function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

async function create(registry: Registry, request: RegistryRequest): Promise<Answer> {
  checkTarget(request.query, registry.node.Datacenter);
  const body = await request.body();
  const fields = body.length === 0 ? {} : asDecodeFailure(() => readSession(decodeBody(body), ''));
  const session = registry.sessions.create(sessionOf(fields, registry.node.Node));
  return json({ ID: session.ID });
}

function sessionOf(fields: Partial<SessionFields>, node: string): Parameters<Registry['sessions']['create']>[0] {
  const behavior = fields.Behavior || 'release';
  if (behavior !== 'release' && behavior !== 'delete') throw storeFailure(`Invalid Behavior setting '${behavior}'`);
  const ttlMs = ttlOf(fields.TTL ?? '');
  const LockDelay = fields.LockDelay ?? DEFAULT_LOCK_DELAY_MS;
  return {
    Name: fields.Name ?? '',
    Node: fields.Node || node,
    LockDelay: Math.min(MAX_LOCK_DELAY_MS, Math.max(0, LockDelay)),
    Behavior: behavior,
    TTL: fields.TTL ?? '',
    ttlMs,
    NodeChecks: fields.NodeChecks ?? fields.Checks ?? ['serfHealth'],
    ServiceChecks: (fields.ServiceChecks ?? []).map(({ ID = '' }) => ID),
  };
}

function ttlOf(written: string): number {
  if (written === '') return 0;
  let ttlMs: number;
  try {
    ttlMs = parseGoDuration(written);
  } catch (error) {
    throw error instanceof DurationError ? storeFailure(`Session TTL '${written}' invalid: ${error.message}`) : error;
  }
  if (ttlMs !== 0 && (ttlMs < MIN_TTL_MS || ttlMs > MAX_TTL_MS)) {
    throw storeFailure(`Invalid Session TTL '${Math.round(ttlMs * 1e6)}', must be between [10s=24h0m0s]`);
  }
  return ttlMs;
}

function destroy(registry: Registry, { query, rest: id }: RegistryRequest): Answer {
  checkTarget(query, registry.node.Datacenter);
  if (id === '') throw badRequest('Missing session');
  requireUuid(id, 'failed session lookup: index error');
  registry.sessions.destroy(id);
  return json(true);
}

function renew(registry: Registry, { query, rest: id }: RegistryRequest): Answer {
  checkTarget(query, registry.node.Datacenter);
  if (id === '') throw badRequest('Missing session');
  requireUuid(id, 'failed session lookup: index error');
  const session = registry.sessions.renew(id);
  if (session === undefined) throw new Refusal(404, `Session id '${id}' not found`);
  return json([encodeSession(session)]);
}

async function info(registry: Registry, request: RegistryRequest): Promise<Answer> {
  const options = readOptions(request.query, registry.node.Datacenter);
  const id = request.rest;
  if (id === '') throw badRequest('Missing session');
  const fault = uuidFault(id);
  if (fault !== undefined) throw readFailure(`failed session lookup: index error: ${fault}`);
  const { value, index } = await blockingRead(registry, options, request.signal, () => {
    const session = registry.sessions.get(id);
    return {
      value: session === undefined ? [] : [session],
      index: registry.ledger.maxOf('sessions'),
      topics: [`session/${id}`],
    };
  });
  return json(value.map(encodeSession), readHeaders({ index }));
}

function listing(registry: Registry, wanted: (session: Session, subject: string) => boolean): Handler {
  return async (request) => {
    const options = readOptions(request.query, registry.node.Datacenter);
    const { value, index } = await blockingRead(registry, options, request.signal, () => ({
      value: registry.sessions.list(),
      index: registry.ledger.maxOf('sessions'),
      topics: ['index/sessions'],
    }));
    const shown = value.filter((session) => wanted(session, request.rest));
    return json(shown.map(encodeSession), readHeaders({ index }));
  };
}

function encodeSession(session: Session): object {
  return {
    ID: session.ID,
    Name: session.Name,
    Node: session.Node,
    LockDelay: Math.round(session.LockDelay * 1e6),
    Behavior: session.Behavior,
    TTL: session.TTL,
    NodeChecks: session.NodeChecks,
    ServiceChecks:
      session.ServiceChecks.length === 0 ? null : session.ServiceChecks.map((ID) => ({ ID, Namespace: '' })),
    CreateIndex: session.CreateIndex,
    ModifyIndex: session.ModifyIndex,
  };
}
