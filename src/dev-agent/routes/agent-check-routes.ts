import { DEFAULT_OUTPUT_BYTES, truncate } from '../checks/probe.ts';
import { checkShape } from '../filter/field-shape.ts';
import { filterBy } from '../filter/filter-by.ts';
import { type Answer, EMPTY, json } from '../http/answer.ts';
import { encodeAgentCheck, sortedObject } from '../http/encode-records.ts';
import { endpoint, type Handler } from '../http/endpoint.ts';
import type { RouteContext } from '../http/registry.ts';
import { asDecodeFailure, type RegistryRequest } from '../http/registry-request.ts';
import { checkFault, decodeLoneCheck, isStatus } from '../local/check-type.ts';
import type { CheckStatus } from '../store/catalog-records.ts';
import { struct, text } from '../wire/decode.ts';
import { badRequest } from '../wire/refusal.ts';

const readUpdate = struct<{ Status: string; Output: string }>(
  { Status: text, Output: text },
  { type: 'agent.checkUpdate' },
);

/** `/v1/agent/check*`: checks of this agent, and the heartbeats of TTL checks (docs/consul-client.md 23, 27). */
export function agentCheckRoutes(context: RouteContext): void {
  const { agent } = context.registry;
  endpoint(context, '/v1/agent/checks', {
    GET: ({ query }) => {
      const keep = filterBy(query.get('filter') ?? '', checkShape);
      const shown = [...agent.state.checks].map(([id, { check }]) => [id, encodeAgentCheck(check)] as const);
      return json(sortedObject(shown.filter(([, check]) => keep(check))));
    },
  });
  endpoint(context, '/v1/agent/check/register', { PUT: (request) => register(context, request) });
  endpoint(context, '/v1/agent/check/deregister/', {
    PUT: ({ rest }) => {
      agent.deregisterCheck(rest);
      return EMPTY;
    },
  });
  endpoint(context, '/v1/agent/check/pass/', { PUT: heartbeat(context, 'passing') });
  endpoint(context, '/v1/agent/check/warn/', { PUT: heartbeat(context, 'warning') });
  endpoint(context, '/v1/agent/check/fail/', { PUT: heartbeat(context, 'critical') });
  endpoint(context, '/v1/agent/check/update/', { PUT: (request) => update(context, request) });
}

function heartbeat({ registry }: RouteContext, status: CheckStatus): Handler {
  return ({ rest, query }) => {
    registry.agent.heartbeat(rest, status, query.get('note') ?? '');
    return EMPTY;
  };
}

async function update({ registry }: RouteContext, request: RegistryRequest): Promise<Answer> {
  const body = await request.json();
  const { Status = '', Output = '' } = asDecodeFailure(() => readUpdate(body, ''));
  if (!isStatus(Status)) throw badRequest(`Invalid check status: '${Status}'`);
  registry.agent.heartbeat(request.rest, Status, limited(Output));
  return EMPTY;
}

function limited(output: string): string {
  const bytes = Buffer.byteLength(output);
  if (bytes <= DEFAULT_OUTPUT_BYTES) return output;
  return `${truncate(output, DEFAULT_OUTPUT_BYTES)} ... (captured ${DEFAULT_OUTPUT_BYTES} of ${bytes} bytes)`;
}

async function register({ registry }: RouteContext, request: RegistryRequest): Promise<Answer> {
  const body = await request.json();
  const check = asDecodeFailure(() => decodeLoneCheck(body));
  if (check.Name === '') throw badRequest('Missing check name');
  if (check.Status !== '' && !isStatus(check.Status)) throw badRequest('Bad check status');
  const fault = checkFault(check);
  if (fault !== undefined) throw badRequest(`Invalid check: ${fault}`);
  registry.agent.registerCheck(check);
  return EMPTY;
}
