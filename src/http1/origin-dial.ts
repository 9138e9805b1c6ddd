import { lookup as dnsLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP, connect as netConnect, type Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { nodeTls } from './node-tls.ts';
import { OriginFailure } from './origin-failure.ts';
import type { OnRead } from './wire.ts';

/** TLS towards an origin; file contents (PEM), not paths. */
export interface OriginTls {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  /** Name that the certificate must carry, and SNI. */
  readonly serverName: string;
}

/** Where an origin is. */
export interface DialOptions {
  /** IP address or host name. */
  readonly host: string;
  readonly port: number;
  /** TLS towards the origin; undefined: plain. */
  readonly tls: OriginTls | undefined;
  /** Says why an IP address (resolved, just before it is connected to) must not be used; undefined when it may. */
  readonly refuseAddress: (ip: string, port: number) => string | undefined;
}

/** How the connection is to be used. */
export interface DialUse {
  /** What is agreed upon by ALPN, where there is TLS; undefined: nothing is said. */
  readonly protocol: 'http/1.1' | 'h2' | undefined;
  /** Where reads go; undefined: the socket brings its own memory. */
  readonly onread?: OnRead | undefined;
}

/** Stands for the address of a name that is not resolved yet, so that its port can be judged: from RFC 5737. */
const EXAMPLE = '192.0.2.1';
/** A host name as DNS and Docker have them, perhaps with a final dot. */
const HOST_NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9_])?\.?$/;

/**
 * Dials an origin, on an address that may be dialled.
 * @throws OriginFailure `address_refused` for what can be told without resolving; what resolving shows is the socket's error
 */
export function dialOrigin(options: DialOptions, { protocol, onread }: DialUse): Socket {
  const { host, port, tls } = options;
  const where = { host, port, noDelay: true, allowHalfOpen: true, lookup: checkedLookup(options) };
  checkHost(options);
  if (tls !== undefined) return nodeTls().connect({ ...tlsOptions(tls, protocol), ...where });
  return netConnect(onread === undefined ? where : { ...where, onread });
}

/** Refuses at once what needs no resolving; names are checked once they are resolved. */
function checkHost({ host, port, refuseAddress }: DialOptions): void {
  const refusal =
    isIP(host) !== 0 || HOST_NAME.test(host)
      ? refuseAddress(isIP(host) === 0 ? EXAMPLE : host, port)
      : 'the registry gives a host that is neither an IP address nor a host name';
  if (refusal !== undefined) throw new OriginFailure('address_refused', refusal);
}

type LookupDone = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

/** Resolves as Node would, and refuses what must not be dialled, between resolving and connecting. */
function checkedLookup({ port, refuseAddress }: DialOptions) {
  return (hostname: string, options: LookupOptions, done: LookupDone): void => {
    dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, []);
      const usable = addresses.filter(({ address }) => refuseAddress(address, port) === undefined);
      const first = usable[0];
      if (first === undefined)
        return done(new OriginFailure('address_refused', `no address of ${hostname} may be dialled`), []);
      if (options.all === true) done(null, usable);
      else done(null, first.address, first.family);
    });
  };
}

function tlsOptions({ ca, cert, key, serverName }: OriginTls, protocol: DialUse['protocol']): ConnectionOptions {
  // SNI carries names only; an IP address is compared with the certificate without it.
  const sni = isIP(serverName) === 0 ? { servername: serverName } : {};
  return {
    ca,
    cert,
    key,
    ...sni,
    ...(protocol === undefined ? {} : { ALPNProtocols: [protocol] }),
    checkServerIdentity: (_host, certificate) => nodeTls().checkServerIdentity(serverName, certificate),
  };
}
