import type { CodedError } from '../../src/runtime/coded-error.ts';
import type { Endpoint } from '../../src/upstream/endpoint.ts';
import type {
  EndpointListener,
  EndpointSet,
  EndpointSource,
  ServiceQuery,
  Watching,
} from '../../src/upstream/endpoint-source.ts';

/** A catalog that a test speaks for. */
export class ScriptedSource implements EndpointSource {
  readonly #watches = new Set<EndpointListener>();

  /** Watches that are going on. */
  get open(): number {
    return this.#watches.size;
  }

  watch(_query: ServiceQuery, listener: EndpointListener): Watching {
    this.#watches.add(listener);
    return {
      end: async () => {
        this.#watches.delete(listener);
      },
    };
  }

  /** Consul answers with this set. */
  answer(endpoints: readonly Endpoint[]): void {
    for (const listener of this.#watches) {
      listener.changed({ origin: 'consul', endpoints });
      listener.confirmed();
    }
  }

  /** Consul cannot be asked. */
  fail(error: CodedError): void {
    for (const listener of this.#watches) listener.failed(error);
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
  /** Ends the watch and waits until it has ended. */
  stop(): Promise<void>;
}

/** Listens to a source. */
export function consume(source: EndpointSource, query: ServiceQuery = { service: 'app' }): Seen {
  const sets: EndpointSet[] = [];
  const failures: CodedError[] = [];
  const order: string[] = [];
  let confirmed = 0;
  const watching = source.watch(query, {
    changed(set) {
      sets.push(set);
      order.push('set');
    },
    confirmed() {
      confirmed += 1;
      order.push('confirmed');
    },
    failed(error) {
      failures.push(error);
      order.push('failed');
    },
  });
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
    stop: () => watching.end(),
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
