import { CodedError } from '../../src/runtime/coded-error.ts';
import type { EndpointSet, EndpointSource, ServiceQuery, WatchObserver } from '../../src/upstream/endpoint-source.ts';

/** A watch that a test answers by hand. */
export interface ScriptedWatch {
  readonly query: ServiceQuery;
  readonly observer: WatchObserver;
  readonly signal: AbortSignal;
  /** Yields a set to the watcher. */
  answer(set: EndpointSet): void;
  /** Breaks the source's promise: the watch throws. */
  crash(error: Error): void;
}

/** A source whose watches a test answers, and counts. */
export class ScriptedSource implements EndpointSource {
  /** All that were ever begun. */
  readonly watches: ScriptedWatch[] = [];

  /** Those that are still on. */
  get open(): ScriptedWatch[] {
    return this.watches.filter(({ signal }) => !signal.aborted);
  }

  /** The newest watch of a service, in a datacenter if one is named. */
  of(service: string, datacenter?: string): ScriptedWatch {
    const watch = this.watches.findLast(({ query }) => query.service === service && query.datacenter === datacenter);
    if (watch === undefined) throw new Error(`${service} was never watched`);
    return watch;
  }

  async *watch(query: ServiceQuery, observer: WatchObserver, signal: AbortSignal): AsyncGenerator<EndpointSet> {
    const queue: (EndpointSet | Error)[] = [];
    let wake = () => {};
    signal.addEventListener('abort', () => wake(), { once: true });
    this.watches.push({
      query,
      observer,
      signal,
      answer: (set) => {
        queue.push(set);
        wake();
      },
      crash: (error) => {
        queue.push(error);
        wake();
      },
    });
    while (!signal.aborted) {
      const next = queue.shift();
      if (next instanceof Error) throw next;
      if (next !== undefined) yield next;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  }
}

/** What a source reports when the catalog cannot be asked. */
export const catalogDown: CodedError = new CodedError('no answer', {
  code: 'consul_unreachable',
  side: 'internal',
  retryable: true,
});
