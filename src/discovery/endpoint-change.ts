import type { Endpoint, EndpointCheck } from '../upstream/endpoint.ts';

/**
 * Compares a new answer of the catalog with the one in use, keyed by endpoint id and regardless of order (`?passing`
 * and restarts of the agent reorder; docs/consul-client.md 7). An endpoint that is the same keeps its old object, so whoever
 * compares later can do so by identity.
 *
 * A check's output alone is no change: the newer text is not taken over either, it comes with the next real change.
 * @returns undefined when nothing changed, else the new set
 */
export function changedEndpoints(
  before: readonly Endpoint[],
  after: readonly Endpoint[],
): readonly Endpoint[] | undefined {
  const known = new Map(before.map((endpoint) => [endpoint.id, endpoint]));
  let same = before.length === after.length;
  const kept = after.map((endpoint) => {
    const old = known.get(endpoint.id);
    if (old !== undefined && sameEndpoint(old, endpoint)) return old;
    same = false;
    return endpoint;
  });
  return same ? undefined : kept;
}

/** Whether two states of an endpoint are alike in everything that matters to anyone: all but the checks' outputs. */
export function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return (
    a === b ||
    (a.id === b.id &&
      a.host === b.host &&
      a.port === b.port &&
      a.weight === b.weight &&
      a.health === b.health &&
      a.node === b.node &&
      a.datacenter === b.datacenter &&
      sameTexts(a.tags, b.tags) &&
      sameMeta(a.meta, b.meta) &&
      sameChecks(a.checks, b.checks))
  );
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index]);
}

function sameMeta(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) if (b.get(key) !== value) return false;
  return true;
}

/** Order is Consul's and may differ from answer to answer; few checks, so the plain search is the quick one. */
function sameChecks(a: readonly EndpointCheck[], b: readonly EndpointCheck[]): boolean {
  if (a.length !== b.length) return false;
  return a.every((check, index) => {
    const other = b[index]?.id === check.id ? b[index] : b.find(({ id }) => id === check.id);
    return other !== undefined && other.status === check.status && other.name === check.name;
  });
}
