import type { Call } from './dev-agent-call.ts';
import type { PlainAnswer } from './dev-agent-target.ts';

/** A way in which the embedded registry's answers may differ from a real agent's, and why that is right. */
export interface AllowedDifference {
  readonly reason: string;
  readonly applies: (call: Call, answer: PlainAnswer) => boolean;
  /** The answer without what may differ. */
  readonly hide: (answer: PlainAnswer) => PlainAnswer;
}

const isText = (answer: PlainAnswer): answer is PlainAnswer & { readonly body: string } =>
  typeof answer.body === 'string';

/** Everything else must be the same, field by field. */
export const allowedDifferences: readonly AllowedDifference[] = [
  {
    reason: "names of Go's own types in a decode error are not part of the API",
    applies: (_call, answer) => isText(answer) && answer.body.includes('json: cannot unmarshal'),
    hide: (answer) => ({
      ...answer,
      body: String(answer.body).replace(
        / (Go struct field [\w.]*?\.?(\w+) of type .*|Go value of type .*)$/s,
        ' <Go type> $2',
      ),
    }),
  },
  {
    reason: 'where a filter expression stops making sense is told by two different parsers',
    applies: (_call, answer) =>
      isText(answer) && answer.body.startsWith('Failed to create boolean expression evaluator'),
    hide: (answer) => ({ ...answer, body: 'Failed to create boolean expression evaluator' }),
  },
  {
    reason: 'the service that a Consul server registers for itself describes that server',
    applies: (_call, answer) => JSON.stringify(answer.body).includes('"consul"'),
    hide: (answer) => ({ ...answer, body: withoutConsul(answer.body) }),
  },
  {
    reason: 'ContentHash is opaque; only whether it changes matters, which the wake-up cases check',
    applies: (call) => call.path.startsWith('/v1/agent/service/'),
    hide: (answer) => ({ ...answer, body: withoutHash(answer.body) }),
  },
  {
    reason: 'the address of the server behind the API is that of another process',
    applies: (call) => call.path.startsWith('/v1/status/'),
    hide: (answer) => ({ ...answer, body: JSON.stringify(answer.body).replaceAll(/:\d+/g, ':<port>') }),
  },
  {
    reason: "regular expressions are JavaScript's, not Go's: what is wrong with one is worded otherwise",
    applies: (_call, answer) => isText(answer) && answer.body.includes('error parsing regexp'),
    hide: (answer) => ({ ...answer, body: 'error parsing regexp' }),
  },
  {
    reason: 'indexes in the words of a fault are numbers of that registry',
    applies: (_call, answer) => JSON.stringify(answer.body).includes('current modify index'),
    hide: (answer) => ({
      ...answer,
      body: JSON.stringify(answer.body).replaceAll(/current modify index \d+ != \d+/g, 'current modify index'),
    }),
  },
  {
    reason:
      "the agent's health lists services and checks in the random order of a Go map, and absent tags as null or []",
    applies: (call) => call.path.startsWith('/v1/agent/health/service/'),
    hide: (answer) => ({ ...answer, body: unordered(answer.body) }),
  },
  {
    reason: 'the tags of a service are listed in the random order of a Go map',
    applies: (call) => call.path.startsWith('/v1/catalog/services'),
    hide: (answer) => ({ ...answer, body: unordered(answer.body) }),
  },
  {
    reason: '?passing leaves the remaining instances in no particular order',
    applies: (call) => call.path.includes('?passing'),
    hide: (answer) => ({ ...answer, body: unordered(answer.body) }),
  },
  {
    reason:
      'a prepared query gives its instances in random order, and here alone a real agent shows empty lists as null',
    applies: (call) => call.path.endsWith('/execute'),
    hide: (answer) => ({ ...answer, body: unordered(answer.body) }),
  },
  {
    reason: 'sessions are listed by their random ids',
    applies: (call) => /^\/v1\/session\/(list|node)/.test(call.path),
    hide: (answer) => ({
      ...answer,
      body: Array.isArray(answer.body) ? answer.body.map((item) => JSON.stringify(item)).sort() : answer.body,
    }),
  },
];

function unordered(body: unknown): unknown {
  if (Array.isArray(body)) return body.map((item) => JSON.stringify(unordered(item))).sort();
  if (typeof body !== 'object' || body === null) return body;
  const fields = Object.entries(body).map(([key, value]) => [
    key,
    /^(ServiceTags|Tags|Checks)$/.test(key) ? unordered(value ?? []) : unordered(value),
  ]);
  return Object.fromEntries(fields);
}

function withoutConsul(body: unknown): unknown {
  if (Array.isArray(body)) return body.filter((item) => !isConsul(item)).map(withoutConsul);
  if (typeof body !== 'object' || body === null) return body;
  const kept = Object.entries(body).filter(([key]) => key !== 'consul');
  return Object.fromEntries(kept.map(([key, value]) => [key, key === 'Services' ? withoutConsul(value) : value]));
}

function isConsul(item: unknown): boolean {
  const text = JSON.stringify(item);
  return text.includes('"ServiceID":"consul"') || text.includes('"Service":"consul"');
}

function withoutHash(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  return Object.fromEntries(
    Object.entries(body).map(([key, value]) => [key, key === 'ContentHash' ? '<hash>' : value]),
  );
}
