import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import { CodedError } from '../runtime/coded-error.ts';
import { foreignnessOf, type OwnNames } from './foreignness.ts';
import type { AnswerProbe } from './probes.ts';

/** Where to listen. */
export type AdminAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/** The admin port, serving. */
export interface AdminServer extends AsyncDisposable {
  /** `http://127.0.0.1:7701`, or `unix:///path`. */
  readonly url: string;
  /** Stops at once, ending event streams too. */
  close(): Promise<void>;
}

/** Answers requests in Node's words for the web: a hono app is one. */
export interface AdminApp {
  readonly fetch: (request: Request, bindings: HttpBindings) => Response | Promise<Response>;
}

/** What is answered without the app. */
export interface DirectAnswers extends OwnNames {
  /** By path; GET only. */
  readonly probes: ReadonlyMap<string, AnswerProbe>;
}

/**
 * Serves the admin app. What turns Node's requests into those of the web, 40 ms and 17 MB, is loaded for the first one
 * that is no probe: most ports never see another.
 * @param direct what needs no app; undefined: nothing
 * @throws CodedError `admin_listen_failed` naming the address and the system's reason
 */
export async function serveAdmin(app: AdminApp, address: AdminAddress, direct?: DirectAnswers): Promise<AdminServer> {
  const answerDirectly = direct === undefined ? undefined : directly(direct);
  let listener: ReturnType<typeof listenerFor> | undefined;
  const server = createServer((request, response) => {
    if (answerDirectly?.(request, response) === true) return;
    listener ??= listenerFor(app);
    listener.then(
      (listen) => void listen(request, response),
      () => response.destroy(),
    );
  });
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

async function listenerFor(app: AdminApp) {
  const { getRequestListener } = await import('@hono/node-server');
  const fetch = (request: Request, bindings: unknown) => app.fetch(request, bindings as HttpBindings);
  return getRequestListener(fetch, { overrideGlobalObjects: false });
}

/** Answers probes; true when it does. */
function directly({
  probes,
  ...names
}: DirectAnswers): (request: IncomingMessage, response: ServerResponse) => boolean {
  const judge = foreignnessOf(names);
  return ({ method = '', url = '', headers, socket }, response) => {
    const answer = method === 'GET' ? probes.get(url.split('?', 1)[0] ?? '') : undefined;
    // What is refused is the app's to say, too.
    if (answer === undefined || judge({ method, headers, dialled: socket.localAddress }) !== undefined) return false;
    answer(headers.accept).then(
      ({ status, contentType, body }) => {
        const bytes = Buffer.from(body);
        response.writeHead(status, { 'content-type': contentType, 'content-length': bytes.length }).end(bytes);
      },
      (error: unknown) => {
        const detail = error instanceof Error ? error.message : String(error);
        const body = { type: 'about:blank', title: 'The sidecar failed', status: 500, detail };
        response.writeHead(500, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body));
      },
    );
    return true;
  };
}

function urlOf(server: Server, address: AdminAddress): string {
  const bound = server.address();
  if ('path' in address || typeof bound !== 'object' || bound === null)
    return `unix://${'path' in address ? address.path : bound}`;
  return `http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`;
}
