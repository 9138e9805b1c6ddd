import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Hono } from 'hono';
import { Refusal } from '../wire/refusal.ts';
import { type Answer, plain, render } from './answer.ts';
import { RegistryRequest } from './registry-request.ts';

/** Answers one request. Throws a Refusal for any other outcome than success. */
export type Handler = (request: RegistryRequest) => Answer | Promise<Answer>;

/** The registry's web app. */
export type RegistryApp = Hono<{ Bindings: HttpBindings }>;

/** What an endpoint needs besides its handlers. */
export interface EndpointContext {
  readonly app: RegistryApp;
  /** Aborts when the registry closes: open polls are answered at once. */
  readonly closing: AbortSignal;
  /** Hears of a defect: an error that no rule made. */
  readonly onDefect: (path: string, error: unknown) => void;
}

/**
 * Serves `path` with one handler per method; other methods get 405 with `Allow`, OPTIONS is answered. A path that ends
 * in `/` takes everything below it, as in Go's ServeMux.
 */
export function endpoint(context: EndpointContext, path: string, handlers: Readonly<Record<string, Handler>>): void {
  const allow = ['OPTIONS', ...Object.keys(handlers)].join(',');
  const answer = async (request: RegistryRequest): Promise<Answer> => {
    if (request.method === 'OPTIONS') return { headers: { Allow: allow }, body: '' };
    const handler = handlers[request.method];
    if (handler === undefined) return plain(405, `method ${request.method} not allowed`, { Allow: allow });
    return handler(request);
  };
  context.app.all(path.endsWith('/') ? `${path}*` : path, async (c) => {
    const { incoming, outgoing } = c.env;
    await serve({ context, path, incoming, outgoing, answer });
    return RESPONSE_ALREADY_SENT;
  });
}

interface Exchange {
  readonly context: EndpointContext;
  readonly path: string;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly answer: (request: RegistryRequest) => Promise<Answer>;
}

async function serve({ context, path, incoming, outgoing, answer }: Exchange): Promise<void> {
  let pretty = false;
  let outcome: Answer;
  try {
    const rest = decodePath(incoming.url ?? '').slice(path.length);
    const request = new RegistryRequest({ incoming, outgoing, rest, closing: context.closing });
    pretty = request.query.has('pretty');
    outcome = await answer(request);
  } catch (error) {
    outcome = refusalAnswer(context, path, error);
  }
  if (outgoing.destroyed) return;
  const { headers, body } = render(outcome, pretty);
  const last = context.closing.aborted ? { Connection: 'close' } : {};
  outgoing.writeHead(outcome.status ?? 200, { ...headers, ...last, 'Content-Length': Buffer.byteLength(body) });
  outgoing.end(incoming.method === 'HEAD' ? undefined : body);
}

function refusalAnswer(context: EndpointContext, path: string, error: unknown): Answer {
  if (error instanceof Refusal && error.message === '') return { status: error.status, body: '' };
  if (error instanceof Refusal) return plain(error.status, error.message, error.headers);
  context.onDefect(path, error);
  return plain(500, 'internal error of the embedded registry');
}

/** What Go's `unicode.IsPrint` does not count as printable: controls, and every separator but the plain space. */
const UNPRINTABLE = /[\p{C}\p{Z}]/u;

/** The path of a request target, percent-decoded. @throws Refusal 400 for a broken escape, or for unprintable characters */
function decodePath(target: string): string {
  const path = target.split('?')[0] ?? '';
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    throw new Refusal(400, `invalid URL escape in ${path}`);
  }
  if (UNPRINTABLE.test(decoded.replaceAll(' ', ''))) throw new Refusal(400, '');
  return decoded;
}
