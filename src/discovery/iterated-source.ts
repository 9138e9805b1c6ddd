import type { Clock } from '../runtime/clock.ts';
import { isAbort, Tasks } from '../runtime/task.ts';
import { BROKEN_SOURCE_MS, brokenSource } from '../upstream/broken-source.ts';
import type {
  EndpointListener,
  EndpointSource,
  IterableSource,
  ServiceQuery,
  Watching,
} from '../upstream/endpoint-source.ts';

/**
 * Makes an {@link EndpointSource} of one that is written as an async iterable. One that breaks its promise never to throw
 * is a failure, and is asked again in a second, as is one that ends by itself.
 */
export class IteratedSource implements EndpointSource {
  readonly #source: IterableSource;
  readonly #clock: Clock;

  constructor(source: IterableSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  watch(query: ServiceQuery, listener: EndpointListener): Watching {
    const tasks = new Tasks(() => {});
    const observer = {
      confirmed: () => tasks.signal.aborted || listener.confirmed(),
      failed: (error: Parameters<EndpointListener['failed']>[0]) => tasks.signal.aborted || listener.failed(error),
    };
    tasks.start(`watch ${query.service}`, async (signal) => {
      while (!signal.aborted) {
        try {
          for await (const set of this.#source.watch(query, observer, signal)) {
            if (signal.aborted) return;
            listener.changed(set);
          }
        } catch (error) {
          if (isAbort(error, signal)) return;
          listener.failed(brokenSource(query.service, error));
        }
        await this.#clock.sleep(BROKEN_SOURCE_MS, signal);
      }
    });
    return { end: () => tasks.stop() };
  }
}
