import type { MarathonAddress } from './marathon-address.ts';

/** A request as it goes to one Marathon. */
export interface MarathonRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Percent-encoded, below the address's prefix, with its query: `/v2/apps?embed=apps.tasks`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
}

/** A whole answer, whatever its status. */
export interface MarathonReply {
  readonly address: MarathonAddress;
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** An answer that has begun and goes on. */
export interface MarathonStream {
  readonly address: MarathonAddress;
  /** Ends when the other side ends it. Leaving it early closes the connection. @throws MarathonError when it breaks */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Sends requests to one Marathon of a cluster. The real one is `HttpWire`; tests have their own. */
export interface MarathonWire {
  /**
   * @throws MarathonError `Unreachable`, `TimedOut` or `BadAnswer` (too large) when there is no whole answer
   * @throws the signal's reason when it aborts
   */
  send(address: MarathonAddress, request: MarathonRequest): Promise<MarathonReply>;
  /** The stream that a 200 begins, or the whole answer of another status. Throws as `send` does. */
  open(address: MarathonAddress, request: MarathonRequest): Promise<MarathonStream | MarathonReply>;
  /** Ends what is under way and closes every connection. */
  close(): Promise<void>;
}

/** More of a query than this is not shown: that of the event stream names every type of event. */
const MAX_SHOWN_CHARS = 100;

/** The URL of a request, for messages. */
export function urlOf(address: MarathonAddress, path: string): string {
  const query = path.indexOf('?');
  const shown = query >= 0 && path.length - query > MAX_SHOWN_CHARS ? `${path.slice(0, query)}?…` : path;
  return `${address.origin}${address.prefix}${shown}`;
}
