import { request as requestHttp } from 'node:http';
import { connect } from 'node:net';
import type { AppHealth } from './health-gate.ts';
import type { CheckSettings } from './service-settings.ts';

/** Where the app is, and how it is asked. */
export interface AppProbe {
  readonly host: string;
  readonly port: number;
  /** With `http`, its path (or URL) is fetched; with anything else, a connection is opened and closed again. */
  readonly check: CheckSettings | undefined;
  readonly timeoutMs: number;
}

/** Asks the app how it is, by the rules of Consul's own checks: 2xx passes, 429 warns. Rejects only when aborted. */
export async function probeApp(probe: AppProbe, signal: AbortSignal): Promise<AppHealth> {
  const ended = AbortSignal.any([signal, AbortSignal.timeout(probe.timeoutMs)]);
  const health = probe.check?.kind === 'http' ? await fetchHealth(probe, probe.check, ended) : await dial(probe, ended);
  signal.throwIfAborted();
  return health;
}

function fetchHealth(
  probe: AppProbe,
  check: CheckSettings & { readonly kind: 'http' },
  signal: AbortSignal,
): Promise<AppHealth> {
  const host = probe.host.includes(':') ? `[${probe.host}]` : probe.host;
  const isUrl = /^https?:\/\//i.test(check.target);
  const path = check.target.startsWith('/') ? check.target : `/${check.target}`;
  const url = isUrl ? check.target : `http://${host}:${probe.port}${path}`;
  // TLS is loaded only where an app wants it: it takes 10 ms and 7 MB.
  const send = /^https:/i.test(url) ? process.getBuiltinModule('node:https').request : requestHttp;
  const what = `${check.method ?? 'GET'} ${url}`;
  return new Promise((resolve) => {
    const fail = (error: Error) => resolve({ status: 'critical', output: `${what}: ${reasonOf(error, signal)}` });
    try {
      const request = send(url, {
        method: check.method ?? 'GET',
        headers: Object.fromEntries(check.headers ?? []),
        agent: false,
        signal,
        ...(check.tlsSkipVerify === true ? { rejectUnauthorized: false } : {}),
      });
      request.once('response', (response) => {
        const { statusCode = 0 } = response;
        // The status says it all; a body that never ends shall not keep the connection.
        response.destroy();
        resolve({ status: statusOf(statusCode), output: `${what}: ${statusCode}` });
      });
      request.on('error', fail);
      request.end();
    } catch (error) {
      fail(error as Error);
    }
  });
}

function dial({ host, port }: AppProbe, signal: AbortSignal): Promise<AppHealth> {
  const what = `TCP connect ${host}:${port}`;
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal });
    socket.once('connect', () => {
      socket.destroy();
      resolve({ status: 'passing', output: `${what}: connected` });
    });
    socket.on('error', (error) => resolve({ status: 'critical', output: `${what}: ${reasonOf(error, signal)}` }));
  });
}

function statusOf(statusCode: number): AppHealth['status'] {
  if (statusCode === 429) return 'warning';
  return statusCode >= 200 && statusCode < 300 ? 'passing' : 'critical';
}

function reasonOf(error: Error, signal: AbortSignal): string {
  return signal.aborted ? 'no answer in time' : error.message;
}
