import { CodedError } from '../../src/runtime/coded-error.ts';
import type {
  EndpointListener,
  EndpointSet,
  EndpointSource,
  ServiceQuery,
  Watching,
} from '../../src/upstream/endpoint-source.ts';

/** A watch that a test answers by hand. */
export interface ScriptedWatch {
  readonly query: ServiceQuery;
  readonly observer: EndpointListener;
  /** Tells the watcher a set. */
  answer(set: EndpointSet): void;
}

/** A source whose watches a test answers, and counts. */
export class ScriptedSource implements EndpointSource {
  /** All that were ever begun. */
  readonly watches: ScriptedWatch[] = [];
  readonly #ended = new Set<ScriptedWatch>();

  /** Those that are still on. */
  get open(): ScriptedWatch[] {
    return this.watches.filter((watch) => !this.#ended.has(watch));
  }

  /** The newest watch of a service, in a datacenter if one is named. */
  of(service: string, datacenter?: string): ScriptedWatch {
    const watch = this.watches.findLast(({ query }) => query.service === service && query.datacenter === datacenter);
    if (watch === undefined) throw new Error(`${service} was never watched`);
    return watch;
  }

  watch(query: ServiceQuery, listener: EndpointListener): Watching {
    const watch = { query, observer: listener, answer: (set: EndpointSet) => listener.changed(set) };
    this.watches.push(watch);
    return {
      end: async () => {
        this.#ended.add(watch);
      },
    };
  }
}

/** What a source reports when the catalog cannot be asked. */
export const catalogDown: CodedError = new CodedError('no answer', {
  code: 'consul_unreachable',
  side: 'internal',
  retryable: true,
});
