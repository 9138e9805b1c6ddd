import { setImmediate } from 'node:timers/promises';
import type { Endpoint } from '../upstream/endpoint.ts';
import { sameEndpoint } from './endpoint-change.ts';

/** Endpoints looked at between two turns of the event loop: a set of thousands must not keep requests waiting. */
const ENDPOINTS_PER_TURN = 500;

/**
 * The endpoints of one watch, from answer to answer. Who is the same keeps its object, so every layer after this one can
 * compare by identity.
 */
export class EndpointBook {
  #known: ReadonlyMap<string, Endpoint> | undefined;

  /** The known object of an endpoint that is the same, so that an answer need not hold another of each; else itself. */
  same(endpoint: Endpoint | undefined): Endpoint | undefined {
    const old = endpoint && this.#known?.get(endpoint.id);
    return old !== undefined && endpoint !== undefined && sameEndpoint(old, endpoint) ? old : endpoint;
  }

  /**
   * Takes an answer, in which undefined stands for an instance that does not count. Returns the new set; undefined when
   * it means the same as the last (order and outputs of checks do not count). One call at a time.
   */
  async take(answer: Iterable<Endpoint | undefined>): Promise<readonly Endpoint[] | undefined> {
    const known = this.#known;
    const next = new Map<string, Endpoint>();
    let isSame = known !== undefined;
    let count = 0;
    for (const endpoint of answer) {
      count += 1;
      if (count % ENDPOINTS_PER_TURN === 0) await setImmediate();
      if (endpoint === undefined) continue;
      const old = known?.get(endpoint.id);
      const isKept = old !== undefined && sameEndpoint(old, endpoint);
      if (!isKept) isSame = false;
      next.set(endpoint.id, isKept ? old : endpoint);
    }
    if (isSame && next.size === known?.size) return undefined;
    this.#known = next;
    return [...next.values()];
  }
}
