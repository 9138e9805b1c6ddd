import { connect } from 'node:net';
import type { ProbeResult } from './shrink-guard.ts';

/** Errors that say: nobody is there, or there is no way to them. */
const REFUSALS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'ERR_SOCKET_BAD_PORT',
]);

/**
 * Opens a TCP connection and closes it again, sending nothing.
 * @param timeoutMs without an answer for this long: `silent`
 */
export function probeAddress(
  address: { readonly host: string; readonly port: number },
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ProbeResult> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve('unclear');
    try {
      const socket = connect({ host: address.host, port: address.port, timeout: timeoutMs });
      const finish = (result: ProbeResult) => {
        signal.removeEventListener('abort', onAbort);
        socket.destroy();
        resolve(result);
      };
      const onAbort = () => finish('unclear');
      signal.addEventListener('abort', onAbort, { once: true });
      socket.once('connect', () => finish('answers'));
      socket.once('timeout', () => finish('silent'));
      socket.on('error', (error: NodeJS.ErrnoException) => finish(resultOf(error)));
    } catch (error) {
      // connect() throws at once for a port that cannot be.
      resolve(resultOf(error as NodeJS.ErrnoException));
    }
  });
}

function resultOf({ code }: NodeJS.ErrnoException): ProbeResult {
  if (code === 'ETIMEDOUT') return 'silent';
  return code !== undefined && REFUSALS.has(code) ? 'refuses' : 'unclear';
}
