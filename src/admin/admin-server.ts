import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import { CodedError } from '../runtime/coded-error.ts';

/** Where to listen. */
export type AdminAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/** The admin port, serving. */
export interface AdminServer extends AsyncDisposable {
  /** `http://127.0.0.1:7701`, or `unix:///path`. */
  readonly url: string;
  /** Stops at once, ending event streams too. */
  close(): Promise<void>;
}

/**
 * Serves the admin app.
 * @throws CodedError `admin_listen_failed` naming the address and the system's reason
 */
export async function serveAdmin(app: Hono, address: AdminAddress): Promise<AdminServer> {
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
  server.headersTimeout = 10_000;
  server.maxHeadersCount = 200;
  try {
    server.listen('path' in address ? { path: address.path } : { host: address.host, port: address.port });
    await once(server, 'listening');
  } catch (error) {
    const where = 'path' in address ? address.path : `${address.host}:${address.port}`;
    const reason = error instanceof Error ? error.message : String(error);
    throw new CodedError(`admin.listen ${where}: ${reason}; choose another address with --admin-listen`, {
      code: 'admin_listen_failed',
      side: 'internal',
      retryable: false,
      cause: error,
    });
  }
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
    if ('path' in address) await rm(address.path, { force: true });
  };
  return { url: urlOf(server, address), close, [Symbol.asyncDispose]: close };
}

function urlOf(server: Server, address: AdminAddress): string {
  const bound = server.address();
  if ('path' in address || typeof bound !== 'object' || bound === null)
    return `unix://${'path' in address ? address.path : bound}`;
  return `http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`;
}
