import type { HealthEntry } from '../consul/decode/health.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import { endpointOf, hasTag } from './consul-endpoint.ts';
import { sameEndpoint } from './endpoint-change.ts';
import type { InstanceFilter } from './instance-filter.ts';

/** Entries looked at between two turns of the event loop: a set of thousands must not keep requests waiting. */
const ENTRIES_PER_TURN = 500;

/**
 * The endpoints of one watch, from answer to answer. Who is the same keeps its object, so every layer after this one can
 * compare by identity.
 */
export class EndpointBook {
  readonly #tag: string | undefined;
  readonly #isIn: InstanceFilter | undefined;
  #known: ReadonlyMap<string, Endpoint> | undefined;

  /**
   * @param tag only instances that have it
   * @param isIn only instances for which it holds
   */
  constructor(tag: string | undefined, isIn?: InstanceFilter | undefined) {
    this.#tag = tag;
    this.#isIn = isIn;
  }

  /**
   * Takes an answer. Returns the new set; undefined when it means the same as the last (order and outputs of checks do
   * not count). One call at a time.
   */
  async take(entries: readonly HealthEntry[]): Promise<readonly Endpoint[] | undefined> {
    const known = this.#known;
    const next = new Map<string, Endpoint>();
    let isSame = known !== undefined;
    for (const [index, entry] of entries.entries()) {
      if (index > 0 && index % ENTRIES_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
      if (this.#isIn?.(entry) === false) continue;
      const endpoint = endpointOf(entry);
      if (this.#tag !== undefined && !hasTag(endpoint, this.#tag)) continue;
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
