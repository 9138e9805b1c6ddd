import { connect } from 'node:net';
import { connectFailure, type Probe } from './probe.ts';

/** Passes if `target` (`host:port`) accepts a connection. */
export function tcpProbe(target: string): Probe {
  return (signal) =>
    new Promise((resolve) => {
      const colon = target.lastIndexOf(':');
      const host = target.slice(0, colon).replace(/^\[|\]$/g, '');
      const port = Number(target.slice(colon + 1));
      const fail = (error: unknown): void => resolve({ status: 'critical', output: connectFailure(error, target) });
      if (colon < 0 || !Number.isInteger(port) || port < 0 || port > 65_535) {
        return fail(new Error('missing port in address'));
      }
      const socket = connect({ host, port });
      const onAbort = (): void => void socket.destroy(new Error('i/o timeout'));
      if (signal.aborted) onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      socket.once('connect', () => resolve({ status: 'passing', output: `TCP connect ${target}: Success` }));
      socket.once('connect', () => socket.destroy());
      socket.once('error', fail);
      socket.once('close', () => signal.removeEventListener('abort', onAbort));
    });
}
