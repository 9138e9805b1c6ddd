import { rm } from 'node:fs/promises';
import { createServer, isIP, type Server, type ServerOpts, Socket } from 'node:net';
import type { TlsOptions, Server as TlsServer } from 'node:tls';
import {
  type AcceptedHandle,
  isKnownHandle,
  localAddressOf,
  remoteAddressOf,
  socketOf,
  takeHandles,
} from './accepted-handles.ts';
import { nodeTls } from './node-tls.ts';
import type { OnRead } from './wire.ts';

/** Where to listen: a TCP address (port 0 takes a free one) or the path of a unix socket. */
export type ListenAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/** TLS on a listener; file contents (PEM), not paths. */
export interface ListenerTls {
  readonly cert: string;
  readonly key: string;
  /** Certificates of the clients that are let in; undefined: any client. */
  readonly clientCa: string | undefined;
}

/** Makes the socket of an accepted connection, given how it is to read. */
export type MakeSocket = (onread: OnRead) => Socket;

/** What a {@link Listener} needs. */
export interface ListenerOptions {
  readonly address: ListenAddress;
  /** TLS on this listener; undefined: plain. */
  readonly tls: ListenerTls | undefined;
  /** How long a TLS handshake may take. */
  readonly handshakeMs: number;
  /** Called for each connection; the socket reads only once `make` was called. */
  readonly accept: (make: MakeSocket, peer: Peer) => void;
  /** The server failed after it was listening (for example: too many open files). */
  readonly onError: (error: Error) => void;
}

/** The two ends of an accepted connection; empty on a unix socket. */
export interface Peer {
  readonly remoteAddress: string;
  readonly localAddress: string;
}

/** A listening socket. */
export class Listener {
  readonly #server: Server;
  readonly #options: ListenerOptions;
  /** The address at which all connections come in; undefined when it listens at several. */
  readonly #localAddress: string | undefined;
  /** Where it listens, with the real port. */
  readonly address: ListenAddress;

  private constructor(server: Server, options: ListenerOptions, address: ListenAddress) {
    this.#server = server;
    this.#options = options;
    this.address = address;
    if ('path' in address) this.#localAddress = '';
    else this.#localAddress = isIP(address.host) === 0 || isUnspecified(address.host) ? undefined : address.host;
  }

  /**
   * Listens.
   * @throws the system's error (EADDRINUSE, EACCES …)
   */
  static async open(options: ListenerOptions): Promise<Listener> {
    const server = makeServer(options);
    const address = await listenAt(server, options.address);
    server.on('error', options.onError);
    const listener = new Listener(server, options, address);
    if (options.tls === undefined) takeHandles(server, (handle) => listener.#accept(handle));
    return listener;
  }

  /** One that serves what another process accepts at `options.address`, see {@link take}. */
  static remote(options: ListenerOptions): Listener {
    return new Listener(makeServer(options), options, options.address);
  }

  /** Serves a connection that another process has accepted; `handle` is what came over its channel. */
  take(handle: unknown): void {
    const isPlain = this.#options.tls === undefined;
    if (isPlain && isKnownHandle(handle)) {
      this.#accept(handle);
      return;
    }
    // As Node's own server makes one of a connection.
    const options = { handle, allowHalfOpen: true, pauseOnCreate: isPlain, readable: true, writable: true };
    this.#server.emit('connection', new Socket(options as object));
  }

  #accept(handle: AcceptedHandle): void {
    const localAddress = this.#localAddress ?? localAddressOf(handle);
    this.#options.accept((onread) => socketOf(handle, onread), {
      remoteAddress: remoteAddressOf(handle),
      localAddress,
    });
  }

  /** Shows another certificate to connections from now on; nothing happens to those that are open, nor on a plain listener. */
  renewTls(tls: ListenerTls): void {
    if ('setSecureContext' in this.#server) (this.#server as TlsServer).setSecureContext(tlsOptions(tls));
  }

  /** Accepts nothing more; connections that are open stay. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    await releasePath(this.address);
  }
}

function makeServer({ tls, handshakeMs, accept }: ListenerOptions): Server {
  const common: ServerOpts = { allowHalfOpen: true, noDelay: true, pauseOnConnect: tls === undefined };
  const take = (socket: Socket) => {
    const { remoteAddress = '', localAddress = '' } = socket;
    accept(() => (tls === undefined ? socket.resume() : socket), { remoteAddress, localAddress });
  };
  const server =
    tls === undefined
      ? createServer(common, take)
      : nodeTls().createServer({ ...tlsOptions(tls), handshakeTimeout: handshakeMs, ...common }, take);
  // Node destroys what fails, but not what takes too long.
  server.on('tlsClientError', (_error, socket: Socket) => socket.destroy());
  return server;
}

/** Why this cannot be used (no PEM, a key that is not the certificate's …); undefined when it can. */
export function tlsRefusal(tls: ListenerTls): string | undefined {
  try {
    nodeTls().createSecureContext(tlsOptions(tls));
    return undefined;
  } catch (error) {
    return `the certificate and its key cannot be used: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function isUnspecified(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** Listens; returns where, with the real port. @throws the system's error (EADDRINUSE, EACCES …) */
export async function listenAt(server: Server, address: ListenAddress): Promise<ListenAddress> {
  if ('path' in address) await removeStaleSocket(address.path);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    const where = 'path' in address ? { path: address.path } : { host: address.host, port: address.port };
    server.listen({ ...where, backlog: 4096 }, () => resolve());
  });
  server.removeAllListeners('error');
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? { host: bound.address, port: bound.port } : address;
}

/** Removes a unix socket's file, once nobody listens there. */
export async function releasePath(address: ListenAddress): Promise<void> {
  if ('path' in address) await rm(address.path, { force: true });
}

function tlsOptions({ cert, key, clientCa }: ListenerTls): TlsOptions {
  const verify = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true };
  return { cert, key, ...verify, ALPNProtocols: ['h2', 'http/1.1'], minVersion: 'TLSv1.2' };
}

/** A socket file that a dead process left behind would make us fail with EADDRINUSE. */
async function removeStaleSocket(path: string): Promise<void> {
  const isAlive = await new Promise<boolean>((resolve) => {
    const probe = new Socket();
    probe.once('error', () => resolve(false));
    probe.connect(path, () => {
      probe.destroy();
      resolve(true);
    });
  });
  if (!isAlive) await rm(path, { force: true });
}
