import type { Clock } from '../runtime/clock.ts';

/** The connections to some origins at a moment. */
export interface TrafficReading {
  /** Connections with a request, or being opened for one. */
  readonly active: number;
  readonly idle: number;
  /** Since the start, connections that are closed by now included. */
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** A connection to an origin, or a session of HTTP/2, as far as it is counted. */
export interface CountedConnection {
  readonly isIdle: boolean;
  readonly wire: { readonly bytesRead: number; readonly bytesWritten: number };
  /** Called once it is connected. */
  onConnected: (() => void) | undefined;
}

/** Who hears how connections are opened. */
export interface TrafficObserver {
  connected(durationMs: number): void;
  connectFailed(): void;
}

/** Follows the connections of any number of pools and sessions. Nothing is counted on the way: the figures are added up when asked for. */
export class OriginTraffic {
  readonly #observer: TrafficObserver;
  readonly #clock: Pick<Clock, 'nowMs'>;
  /** Undefined while there are none: of a thousand upstreams, most rest. */
  #open: Set<CountedConnection> | undefined;
  #bytesRead = 0;
  #bytesWritten = 0;

  constructor(observer: TrafficObserver, clock: Pick<Clock, 'nowMs'>) {
    this.#observer = observer;
    this.#clock = clock;
  }

  /** Follows a connection that is being opened; the returned function is called when it is closed. */
  follow(connection: CountedConnection): () => void {
    const startMs = this.#clock.nowMs();
    let isConnected = false;
    this.#open ??= new Set();
    this.#open.add(connection);
    connection.onConnected = () => {
      isConnected = true;
      this.#observer.connected(this.#clock.nowMs() - startMs);
    };
    return () => {
      this.#open?.delete(connection);
      if (this.#open?.size === 0) this.#open = undefined;
      this.#bytesRead += connection.wire.bytesRead;
      this.#bytesWritten += connection.wire.bytesWritten;
      if (!isConnected) this.#observer.connectFailed();
    };
  }

  /** Adds up. Costs a look at each open connection. */
  read(): TrafficReading {
    let idle = 0;
    let bytesRead = this.#bytesRead;
    let bytesWritten = this.#bytesWritten;
    for (const connection of this.#open ?? []) {
      if (connection.isIdle) idle += 1;
      bytesRead += connection.wire.bytesRead;
      bytesWritten += connection.wire.bytesWritten;
    }
    return { active: (this.#open?.size ?? 0) - idle, idle, bytesRead, bytesWritten };
  }
}
