import type { CodedError } from '../runtime/coded-error.ts';
import type { EndpointListener, EndpointSet, ServiceQuery, Watching } from '../upstream/endpoint-source.ts';
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

  watch(query: ServiceQuery, listener: EndpointListener): Watching {
    return this.#source.watch(query, new ReachListener(this, listener));
  }

  /** Asks the other source. */
  reread(...asked: Parameters<RereadableSource['reread']>): ReturnType<RereadableSource['reread']> {
    return this.#source.reread(...asked);
  }

  /** A query showed whether the catalog answers. */
  note(answers: boolean): void {
    if (answers === this.#answers) return;
    this.#answers = answers;
    this.#onChange(answers);
  }
}

/** Hears one watch. */
class ReachListener implements EndpointListener {
  readonly #reach: ReachSource;
  readonly #listener: EndpointListener;

  constructor(reach: ReachSource, listener: EndpointListener) {
    this.#reach = reach;
    this.#listener = listener;
  }

  changed(set: EndpointSet): void {
    this.#reach.note(true);
    this.#listener.changed(set);
  }

  confirmed(): void {
    this.#reach.note(true);
    this.#listener.confirmed();
  }

  failed(error: CodedError): void {
    this.#reach.note(false);
    this.#listener.failed(error);
  }
}
