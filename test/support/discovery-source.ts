import { newestOf } from '../../src/discovery/newest.ts';
import type { CodedError } from '../../src/runtime/coded-error.ts';
import type { Endpoint } from '../../src/upstream/endpoint.ts';
import type { EndpointSet, EndpointSource, ServiceQuery, WatchObserver } from '../../src/upstream/endpoint-source.ts';

/** A catalog that a test speaks for. */
export class ScriptedSource implements EndpointSource {
  #watches: { readonly put: (set: EndpointSet) => void; readonly observer: WatchObserver }[] = [];

  /** Watches that are going on. */
  get open(): number {
    return this.#watches.length;
  }

  watch(_query: ServiceQuery, observer: WatchObserver, signal: AbortSignal): AsyncIterable<EndpointSet> {
    return newestOf(signal, async (put, ended) => {
      const watch = { put, observer };
      this.#watches.push(watch);
      await new Promise((resolve) => ended.addEventListener('abort', resolve, { once: true }));
      this.#watches = this.#watches.filter((each) => each !== watch);
    });
  }

  /** Consul answers with this set. */
  answer(endpoints: readonly Endpoint[]): void {
    for (const { put, observer } of this.#watches) {
      put({ origin: 'consul', endpoints });
      observer.confirmed();
    }
  }

  /** Consul cannot be asked. */
  fail(error: CodedError): void {
    for (const { observer } of this.#watches) observer.failed(error);
  }
}

/** What a consumer of a source has seen. */
export interface Seen {
  readonly sets: readonly EndpointSet[];
  readonly latest: EndpointSet | undefined;
  readonly confirmed: number;
  readonly failures: readonly CodedError[];
  /** In what order it came: `set`, `confirmed`, `failed`. */
  readonly order: readonly string[];
  /** Leaves the loop and waits until the source has ended. */
  stop(): Promise<void>;
}

/** Consumes a source in the background. */
export function consume(source: EndpointSource, query: ServiceQuery = { service: 'app' }): Seen {
  const abort = new AbortController();
  const sets: EndpointSet[] = [];
  const failures: CodedError[] = [];
  const order: string[] = [];
  let confirmed = 0;
  const observer: WatchObserver = {
    confirmed() {
      confirmed += 1;
      order.push('confirmed');
    },
    failed(error) {
      failures.push(error);
      order.push('failed');
    },
  };
  const consumed = (async () => {
    for await (const set of source.watch(query, observer, abort.signal)) {
      sets.push(set);
      order.push('set');
    }
  })();
  return {
    sets,
    failures,
    order,
    get latest() {
      return sets.at(-1);
    },
    get confirmed() {
      return confirmed;
    },
    async stop() {
      abort.abort();
      await consumed;
    },
  };
}

/** Waits until it is so, and fails after 10 s. */
export async function until(isSo: () => boolean | Promise<boolean>, what: string, withinMs = 10_000): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > deadlineMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
