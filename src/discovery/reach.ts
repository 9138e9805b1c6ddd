import type { EndpointSet, ServiceQuery, WatchObserver } from '../upstream/endpoint-source.ts';
import type { RereadableSource } from './resilient-source.ts';

/**
 * Notices when a catalog can no longer be asked, and when it answers again, whichever query shows it first: a hint that
 * its agent was away, and may have forgotten what it was told. Passes all on as it is.
 */
export class ReachSource implements RereadableSource {
  readonly #source: RereadableSource;
  readonly #onChange: (answers: boolean) => void;
  #answers = true;

  /** @param onChange called once for each loss and return; at first the catalog is taken to answer */
  constructor(source: RereadableSource, onChange: (answers: boolean) => void) {
    this.#source = source;
    this.#onChange = onChange;
  }

  async *watch(query: ServiceQuery, observer: WatchObserver, signal: AbortSignal): AsyncGenerator<EndpointSet> {
    const listening: WatchObserver = {
      confirmed: () => {
        this.#note(true);
        observer.confirmed();
      },
      failed: (error) => {
        this.#note(false);
        observer.failed(error);
      },
    };
    for await (const set of this.#source.watch(query, listening, signal)) {
      this.#note(true);
      yield set;
    }
  }

  /** Asks the other source. */
  reread(...asked: Parameters<RereadableSource['reread']>): ReturnType<RereadableSource['reread']> {
    return this.#source.reread(...asked);
  }

  #note(answers: boolean): void {
    if (answers === this.#answers) return;
    this.#answers = answers;
    this.#onChange(answers);
  }
}
