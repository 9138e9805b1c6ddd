import { browser, type PageEventSource } from './dom.ts';

/** No word for so long: what is shown is old. The sidecar speaks once a second. */
const STALE_MS = 4000;
/** Pauses between tries to connect, after the browser has given up. */
const RETRY_MS = [1000, 2000, 4000, 8000];
const CLOSED = 2;

/** Who hears of the connection, on which messages of type `T` come. */
export interface LiveListener<T> {
  readonly onState: (state: T) => void;
  /** @param sinceMs when the last word came; undefined: never, or all is well again */
  readonly onStale: (isStale: boolean, lastMs: number | undefined) => void;
}

/** The stream of what is new, which comes back by itself when it breaks. */
export class LiveConnection<T> {
  readonly #listener: LiveListener<T>;
  #source: PageEventSource | undefined;
  #open: string | undefined;
  #lastMs: number | undefined;
  #tries = 0;
  #retry: NodeJS.Timeout | undefined;
  #isStale = false;

  constructor(listener: LiveListener<T>) {
    this.#listener = listener;
    setInterval(() => this.#look(), 500);
  }

  /** Begins anew, with the instances of this upstream, or of none. */
  connect(open: string | undefined): void {
    this.#open = open;
    this.#source?.close();
    clearTimeout(this.#retry);
    const query = open === undefined ? '' : `?open=${encodeURIComponent(open)}`;
    const source = new browser.EventSource(`/live${query}`);
    this.#source = source;
    source.onmessage = ({ data = '' }) => {
      this.#tries = 0;
      this.#lastMs = Date.now();
      this.#look();
      this.#listener.onState(JSON.parse(data) as T);
    };
    source.onerror = () => {
      // A broken connection the browser opens again; a refused one it leaves closed.
      if (source.readyState !== CLOSED || this.#source !== source) return;
      const pauseMs = RETRY_MS[Math.min(this.#tries, RETRY_MS.length - 1)] ?? 8000;
      this.#tries += 1;
      this.#retry = setTimeout(() => this.connect(this.#open), pauseMs);
    };
  }

  #look(): void {
    const isStale = this.#lastMs !== undefined && Date.now() - this.#lastMs > STALE_MS;
    if (isStale || isStale !== this.#isStale) this.#listener.onStale(isStale, this.#lastMs);
    this.#isStale = isStale;
  }
}
