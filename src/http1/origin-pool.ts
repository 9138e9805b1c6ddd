import type { Socket } from 'node:net';
import type { Deadlines } from './deadlines.ts';
import { OriginConnection } from './origin-connection.ts';
import { type DialOptions, dialOrigin } from './origin-dial.ts';
import type { OriginHandler } from './origin-handler.ts';
import type { OriginTraffic } from './origin-traffic.ts';
import type { HeadLimits } from './request-head.ts';
import type { OnRead } from './wire.ts';

/** Where the origins of one endpoint are, and how its connections are kept. */
export interface OriginPoolOptions extends DialOptions {
  /** Makes the socket of a connection; undefined: dials the origin. May throw an `OriginFailure`. */
  readonly open?: ((onread: OnRead) => Socket) | undefined;
  readonly limits: HeadLimits;
  /** How long an idle connection is kept when the origin does not say; below what origins commonly keep. */
  readonly idleMs: number;
  /** Open connections beyond which requests wait; 0 = no limit. */
  readonly maxConnections: number;
  readonly deadlines: Deadlines;
  /** Follows the connections; undefined: nobody wants their figures. */
  readonly traffic?: OriginTraffic | undefined;
}

/** How long before the origin's own end of an idle connection ours comes, when its Keep-Alive field tells. */
const KEEP_ALIVE_MARGIN_MS = 1000;

/** The connections to one endpoint: the idle ones in a stack, so that the most recently used is used again. */
export class OriginPool {
  readonly #options: OriginPoolOptions;
  readonly #idle: OriginConnection[] = [];
  /** Undefined while there are none: of a thousand endpoints, most rest. */
  #open: Set<OriginConnection> | undefined;
  readonly #waiting: (() => void)[] = [];
  #isClosed = false;

  constructor(options: OriginPoolOptions) {
    this.#options = options;
  }

  /** Connections that are open or being opened. */
  get openCount(): number {
    return this.#open?.size ?? 0;
  }

  /** No further connection may be opened for now. */
  get isFull(): boolean {
    return this.#options.maxConnections > 0 && this.openCount >= this.#options.maxConnections;
  }

  /** An idle connection; undefined when there is none. */
  take(): OriginConnection | undefined {
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined) return undefined;
      // One that is past its time may be closed by the origin at any moment: it is not worth the risk.
      if (connection.isIdle && connection.deadlineMs > this.#options.deadlines.coarseNowMs) return connection;
      connection.drop();
    }
  }

  /** Opens a connection for `handler`, which hears `originConnected` or `originFailed`, never before this returns. */
  connect(handler: OriginHandler, deadlineMs: number): OriginConnection {
    const { open, limits, deadlines, traffic } = this.#options;
    const connection: OriginConnection = new OriginConnection(
      open ?? ((onread) => dialOrigin(this.#options, { protocol: 'http/1.1', onread })),
      limits,
      deadlines,
      () => {
        leave?.();
        this.#closed(connection);
      },
    );
    const leave = traffic?.follow(connection);
    this.#open ??= new Set();
    this.#open.add(connection);
    connection.connectFor(handler, deadlineMs);
    return connection;
  }

  /** Takes a connection back after a whole answer; keeps it if it can be used again. */
  release(connection: OriginConnection): void {
    if (!connection.isReusable || connection.isClosed || this.#isClosed) {
      connection.drop();
      return;
    }
    const { keepAliveSeconds } = connection.response;
    const { idleMs, deadlines } = this.#options;
    const saidMs = keepAliveSeconds < 0 ? idleMs : keepAliveSeconds * 1000 - KEEP_ALIVE_MARGIN_MS;
    const keptMs = Math.min(idleMs, saidMs);
    if (keptMs <= 0) {
      connection.drop();
      return;
    }
    connection.rest(deadlines.coarseNowMs + keptMs);
    this.#idle.push(connection);
    this.#waiting.shift()?.();
  }

  /** Calls `retry` once when a connection may be had; returns a function that takes the wish back. */
  wait(retry: () => void): () => void {
    this.#waiting.push(retry);
    return () => {
      const index = this.#waiting.indexOf(retry);
      if (index >= 0) this.#waiting.splice(index, 1);
    };
  }

  /** How many wait for a connection. */
  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** Closes idle connections now, and each other one when its request has ended. */
  close(): void {
    this.#isClosed = true;
    for (const connection of this.#idle.splice(0)) connection.drop();
  }

  /** Closes everything now. */
  destroy(): void {
    this.#isClosed = true;
    for (const connection of [...(this.#open ?? [])]) connection.wire.destroy();
  }

  #closed(connection: OriginConnection): void {
    this.#open?.delete(connection);
    if (this.#open?.size === 0) this.#open = undefined;
    const index = this.#idle.indexOf(connection);
    if (index >= 0) this.#idle.splice(index, 1);
    this.#waiting.shift()?.();
  }
}
