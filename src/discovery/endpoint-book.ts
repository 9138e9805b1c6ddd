import { setImmediate } from 'node:timers/promises';
import type { Endpoint } from '../upstream/endpoint.ts';
import { sameEndpoint } from './endpoint-change.ts';

/** Endpoints looked at between two turns of the event loop: a set of thousands must not keep requests waiting. */
const ENDPOINTS_PER_TURN = 500;

/** Of as many the table by id is kept; of fewer it is made when an answer comes, which is seldom. */
const KEPT_FROM = 500;

/**
 * The endpoints of one watch, from answer to answer. Who is the same keeps its object, so every layer after this one can
 * compare by identity.
 */
export class EndpointBook {
  #known: readonly Endpoint[] | undefined;
  #byId: ReadonlyMap<string, Endpoint> | undefined;

  /** The known object of an endpoint that is the same, so that an answer need not hold another of each; else itself. */
  same(endpoint: Endpoint | undefined): Endpoint | undefined {
    if (endpoint === undefined) return undefined;
    const old = this.#table().get(endpoint.id);
    return old !== undefined && sameEndpoint(old, endpoint) ? old : endpoint;
  }

  /**
   * Takes an answer, in which undefined stands for an instance that does not count. Returns the new set; undefined when
   * it means the same as the last (order and outputs of checks do not count). One call at a time.
   */
  async take(answer: Iterable<Endpoint | undefined>): Promise<readonly Endpoint[] | undefined> {
    const known = this.#table();
    const next = new Map<string, Endpoint>();
    let isSame = this.#known !== undefined;
    let count = 0;
    for (const endpoint of answer) {
      count += 1;
      if (count % ENDPOINTS_PER_TURN === 0) await setImmediate();
      if (endpoint === undefined) continue;
      const old = known.get(endpoint.id);
      const isKept = old !== undefined && sameEndpoint(old, endpoint);
      if (!isKept) isSame = false;
      next.set(endpoint.id, isKept ? old : endpoint);
    }
    isSame &&= next.size === known.size;
    if (!isSame) this.#known = listOf(answer, next);
    this.#byId = next.size < KEPT_FROM ? undefined : isSame ? known : next;
    return isSame ? undefined : this.#known;
  }

  #table(): ReadonlyMap<string, Endpoint> {
    this.#byId ??= new Map(this.#known?.map((endpoint) => [endpoint.id, endpoint]));
    return this.#byId;
  }
}

/** The answer itself, if it is just that list: whoever gave it keeps it, too. */
function listOf(answer: Iterable<Endpoint | undefined>, endpoints: ReadonlyMap<string, Endpoint>): readonly Endpoint[] {
  const list = [...endpoints.values()];
  if (!Array.isArray(answer) || answer.length !== list.length) return list;
  return list.every((endpoint, index) => endpoint === answer[index]) ? answer : list;
}
