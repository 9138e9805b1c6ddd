/** What a fake Marathon does instead of answering. */
export type Fault =
  /** Another answer. `body` is sent as it is. */
  | { readonly kind: 'status'; readonly status: number; readonly body?: string; readonly location?: string }
  /** Takes the request and never answers. */
  | { readonly kind: 'hang' }
  /** Breaks the connection. */
  | { readonly kind: 'reset' }
  /** The right head, half of the body, then breaks the connection. */
  | { readonly kind: 'truncate' }
  /** 200 with this. */
  | { readonly kind: 'body'; readonly body: string }
  /** The right answer, once this is settled. */
  | { readonly kind: 'hold'; readonly until: Promise<unknown> };

interface Planned {
  readonly pattern: RegExp;
  readonly fault: Fault;
  left: number;
}

/** Which requests meet which fault. */
export class Faults {
  readonly #planned = new Set<Planned>();

  /**
   * Requests whose `METHOD /path?query` matches meet this fault, the next `times` of them (default: all, until the
   * returned function is called).
   */
  plan(pattern: RegExp, fault: Fault, times: number = Number.POSITIVE_INFINITY): () => void {
    const planned = { pattern, fault, left: times };
    this.#planned.add(planned);
    return () => void this.#planned.delete(planned);
  }

  /** The fault that this request meets; counts it. */
  take(request: string): Fault | undefined {
    for (const planned of this.#planned) {
      if (!planned.pattern.test(request)) continue;
      planned.left -= 1;
      if (planned.left <= 0) this.#planned.delete(planned);
      return planned.fault;
    }
    return undefined;
  }
}
