import { lookup } from 'node:dns';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Endpoint } from '../upstream/endpoint.ts';
import type { ProbeSettings } from '../upstream/probe-settings.ts';
import type { UpstreamTls } from '../upstream/upstream-tls.ts';
import type { EndpointProbeResult } from './probe-book.ts';

/** Why an address of the catalog must not be dialled; undefined when it may. */
export type AddressRefusal = (ip: string, port: number) => string | undefined;

/** Failures that are our own: they say nothing of the endpoint. */
const OUR_OWN = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS', 'EADDRNOTAVAIL', 'ERR_ADDRESS_REFUSED']);

/**
 * Asks an endpoint how it is, on a connection of its own. With `http` any 2xx passes; a body is not read.
 * @param refusal judges each address before it is dialled, names after they are resolved
 */
export async function probeEndpoint(
  { host, port }: Endpoint,
  settings: ProbeSettings,
  refusal: AddressRefusal,
  signal: AbortSignal,
): Promise<EndpointProbeResult> {
  const what = `${settings.kind === 'http' ? `GET ${settings.path}` : 'connect'} at ${host}:${port}`;
  const ended = AbortSignal.any([signal, AbortSignal.timeout(settings.timeoutMs)]);
  try {
    if (isIP(host) !== 0) judge(host, port, refusal);
    const place: Place = { host, port, lookup: judgedLookup(port, refusal), tls: settings.tls, signal: ended };
    if (settings.kind === 'tcp') {
      await opened(place);
      return { kind: 'passing', output: `${what}: connected` };
    }
    const status = await fetched(place, settings.path);
    return { kind: status >= 200 && status < 300 ? 'passing' : 'failing', output: `${what}: ${status}` };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isOurs = signal.aborted || OUR_OWN.has(code ?? '');
    const reason = ended.aborted ? `no answer within ${settings.timeoutMs} ms` : message;
    return { kind: isOurs ? 'unclear' : 'failing', output: `${what}: ${reason}` };
  }
}

interface Place {
  readonly host: string;
  readonly port: number;
  readonly lookup: LookupFunction;
  readonly tls: UpstreamTls | undefined;
  readonly signal: AbortSignal;
}

/** Opens a connection and closes it again, sending nothing. */
function opened({ host, port, lookup: resolve, tls, signal }: Place): Promise<void> {
  return new Promise((done, fail) => {
    const socket: Socket =
      tls === undefined
        ? connect({ host, port, lookup: resolve })
        : connectTls({ host, port, lookup: resolve, ...tlsOptions(tls, host) });
    const onAbort = () => socket.destroy(new Error('aborted'));
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('close', () => signal.removeEventListener('abort', onAbort));
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      socket.destroy();
      done();
    });
    socket.on('error', fail);
  });
}

/** Fetches the path; resolves to the status. */
function fetched({ host, port, lookup: resolve, tls, signal }: Place, path: string): Promise<number> {
  return new Promise((done, fail) => {
    const headers = { 'User-Agent': 'pilotfish-probe', Accept: '*/*', Connection: 'close' };
    const options = { host, port, path, headers, lookup: resolve, agent: false, signal };
    const sending = tls === undefined ? requestHttp(options) : requestHttps({ ...options, ...tlsOptions(tls, host) });
    sending.once('response', (response) => {
      // The status says it all; a body that never ends shall not keep the connection.
      response.destroy();
      done(response.statusCode ?? 0);
    });
    sending.on('error', fail);
    sending.end();
  });
}

function tlsOptions({ ca, cert, key, serverName }: UpstreamTls, host: string): object {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(serverName === undefined ? (isIP(host) === 0 ? { servername: host } : {}) : { servername: serverName }),
  };
}

function judge(ip: string, port: number, refusal: AddressRefusal): void {
  const reason = refusal(ip, port);
  if (reason !== undefined) throw Object.assign(new Error(reason), { code: 'ERR_ADDRESS_REFUSED' });
}

/** Resolves names as usual, and judges what comes out before anything is dialled. */
function judgedLookup(port: number, refusal: AddressRefusal): LookupFunction {
  return (name, options, callback) => {
    lookup(name, { ...options, all: true }, (error, addresses) => {
      try {
        if (error !== null) throw error;
        for (const { address } of addresses) judge(address, port, refusal);
      } catch (problem) {
        callback(problem as NodeJS.ErrnoException, []);
        return;
      }
      const [first] = addresses;
      if (options.all === true) callback(null, addresses);
      else callback(null, first?.address ?? '', first?.family ?? 0);
    });
  };
}
