import type { RequestHead } from '../http1/request-head.ts';
import type { RequestFacts } from '../upstream/route-match.ts';
import type { Upstream } from '../upstream/upstream.ts';

/** Where a request goes on to, and with which target. */
export interface Diverted {
  readonly upstream: Upstream;
  readonly target: string;
}

/** Where the traffic rules of the upstream send a request; without rules it stays. */
export function diverted(upstream: Upstream, facts: RequestFacts): Diverted {
  const route = upstream.diversion?.route(facts);
  if (route === undefined) return { upstream, target: facts.target };
  return { upstream: route.next(), target: route.rewritten(facts.target) };
}

/** A look at the fields of a head, good as long as its bytes stay. */
export function headerOf({ fields, bytes }: RequestHead): RequestFacts['header'] {
  return (name) => {
    for (let index = 0; index < fields.count; index++) {
      if (fields.name(bytes, index) === name) return fields.value(bytes, index);
    }
    return undefined;
  };
}

/** What has to be kept of a request that waits: its bytes do not stay. Of each field the first. */
export function coldRequest({ fields, bytes, method }: RequestHead, target: string): RequestFacts {
  const kept = new Map<string, string>();
  for (let index = 0; index < fields.count; index++) {
    const name = fields.name(bytes, index);
    if (!kept.has(name)) kept.set(name, fields.value(bytes, index));
  }
  return { method, target, header: (name) => kept.get(name) };
}
