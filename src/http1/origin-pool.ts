import { lookup as dnsLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP, connect as netConnect } from 'node:net';
import { type ConnectionOptions, checkServerIdentity, connect as tlsConnect } from 'node:tls';
import type { Deadlines } from './deadlines.ts';
import { OriginConnection, type OriginHandler } from './origin-connection.ts';
import { OriginFailure } from './origin-failure.ts';
import type { HeadLimits } from './request-head.ts';

/** TLS towards an origin; file contents (PEM), not paths. */
export interface OriginTls {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  /** Name that the certificate must carry, and SNI. */
  readonly serverName: string;
}

/** Where the origins of one endpoint are, and how its connections are kept. */
export interface OriginPoolOptions {
  /** IP address or host name. */
  readonly host: string;
  readonly port: number;
  /** TLS towards the origin; undefined: plain. */
  readonly tls: OriginTls | undefined;
  /** Says why an IP address (resolved, just before it is connected to) must not be used; undefined when it may. */
  readonly refuseAddress: (ip: string, port: number) => string | undefined;
  readonly limits: HeadLimits;
  /** How long an idle connection is kept when the origin does not say; below what origins commonly keep. */
  readonly idleMs: number;
  /** Open connections beyond which requests wait; 0 = no limit. */
  readonly maxConnections: number;
  readonly deadlines: Deadlines;
}

/** Stands for the address of a name that is not resolved yet, so that its port can be judged: from RFC 5737. */
const EXAMPLE = '192.0.2.1';
/** A host name as DNS and Docker have them, perhaps with a final dot. */
const HOST_NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9_])?\.?$/;
/** How long before the origin's own end of an idle connection ours comes, when its Keep-Alive field tells. */
const KEEP_ALIVE_MARGIN_MS = 1000;

/** The connections to one endpoint: the idle ones in a stack, so that the most recently used is used again. */
export class OriginPool {
  readonly #options: OriginPoolOptions;
  readonly #idle: OriginConnection[] = [];
  readonly #open = new Set<OriginConnection>();
  readonly #waiting: (() => void)[] = [];
  #isClosed = false;

  constructor(options: OriginPoolOptions) {
    this.#options = options;
  }

  /** Connections that are open or being opened. */
  get openCount(): number {
    return this.#open.size;
  }

  /** No further connection may be opened for now. */
  get isFull(): boolean {
    return this.#options.maxConnections > 0 && this.#open.size >= this.#options.maxConnections;
  }

  /** An idle connection; undefined when there is none. */
  take(): OriginConnection | undefined {
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined) return undefined;
      // One that is past its time may be closed by the origin at any moment: it is not worth the risk.
      if (!connection.isClosed && connection.deadlineMs > this.#options.deadlines.coarseNowMs) return connection;
      connection.drop();
    }
  }

  /** Opens a connection for `handler`, which hears `originConnected` or `originFailed`, never before this returns. */
  connect(handler: OriginHandler, deadlineMs: number): OriginConnection {
    const { host, port, tls, limits, deadlines } = this.#options;
    const connection: OriginConnection = new OriginConnection(
      (onread) => {
        const where = { host, port, noDelay: true, allowHalfOpen: true, lookup: this.#lookup, onread };
        this.#check(host);
        return tls === undefined
          ? netConnect(where)
          : tlsConnect({ ...tlsOptions(tls), ...where, onread: undefined } as ConnectionOptions);
      },
      limits,
      deadlines,
      () => this.#closed(connection),
    );
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
    for (const connection of [...this.#open]) connection.wire.destroy();
  }

  #closed(connection: OriginConnection): void {
    this.#open.delete(connection);
    const index = this.#idle.indexOf(connection);
    if (index >= 0) this.#idle.splice(index, 1);
    this.#waiting.shift()?.();
  }

  /** Refuses at once what needs no resolving; names are checked once they are resolved. */
  #check(host: string): void {
    const { port, refuseAddress } = this.#options;
    const refusal =
      isIP(host) !== 0 || HOST_NAME.test(host)
        ? refuseAddress(isIP(host) === 0 ? EXAMPLE : host, port)
        : 'the registry gives a host that is neither an IP address nor a host name';
    if (refusal !== undefined) throw new OriginFailure('address_refused', refusal);
  }

  /** Resolves as Node would, and refuses what must not be dialled, between resolving and connecting. */
  readonly #lookup = (
    hostname: string,
    options: LookupOptions,
    done: (error: Error | null, address: string | LookupAddress[], family?: number) => void,
  ): void => {
    dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, []);
      const { port } = this.#options;
      const usable = addresses.filter(({ address }) => this.#options.refuseAddress(address, port) === undefined);
      const first = usable[0];
      if (first === undefined)
        return done(new OriginFailure('address_refused', `no address of ${hostname} may be dialled`), []);
      if (options.all === true) done(null, usable);
      else done(null, first.address, first.family);
    });
  };
}

function tlsOptions({ ca, cert, key, serverName }: OriginTls): ConnectionOptions {
  // SNI carries names only; an IP address is compared with the certificate without it.
  const sni = isIP(serverName) === 0 ? { servername: serverName } : {};
  return {
    ca,
    cert,
    key,
    ...sni,
    ALPNProtocols: ['http/1.1'],
    checkServerIdentity: (_host, certificate) => checkServerIdentity(serverName, certificate),
  };
}
