import type { EndpointListener, EndpointSource, ServiceQuery, Watching } from '../../upstream/endpoint-source.ts';
import { codedError, type ToPrimary, type ToWorker } from './worker-message.ts';

/** The catalog as a worker sees it: the primary watches, and tells. */
export class RemoteSource implements EndpointSource {
  readonly #send: (message: ToPrimary) => void;
  readonly #watches = new Map<number, EndpointListener>();
  #next = 1;

  constructor(send: (message: ToPrimary) => void) {
    this.#send = send;
  }

  watch(query: ServiceQuery, listener: EndpointListener): Watching {
    const watch = this.#next++;
    this.#watches.set(watch, listener);
    this.#send({ kind: 'watch', watch, query });
    return {
      end: async () => {
        if (this.#watches.delete(watch)) this.#send({ kind: 'unwatch', watch });
      },
    };
  }

  /** Takes what the primary says. What is about a watch that has ended meanwhile is ignored. */
  hear(message: Extract<ToWorker, { readonly watch: number }>): void {
    const listener = this.#watches.get(message.watch);
    if (listener === undefined) return;
    if (message.kind === 'set') listener.changed(message.set);
    else if (message.kind === 'confirmed') listener.confirmed();
    else listener.failed(codedError(message.error));
  }
}
