import type { HttpBindings } from '@hono/node-server';
import type { MiddlewareHandler } from 'hono';
import { foreignnessOf, type OwnNames } from './foreignness.ts';
import { problem } from './problem.ts';

/** Refuses what comes from a web page of somebody else's, before anything else looks at it. */
export function browserGuard(names: OwnNames): MiddlewareHandler {
  const judge = foreignnessOf(names);
  return async (context, next) => {
    const { incoming } = context.env as Partial<HttpBindings>;
    const header = (name: string) => context.req.header(name);
    const headers = {
      host: header('host'),
      origin: header('origin'),
      'sec-fetch-site': header('sec-fetch-site'),
      'sec-fetch-mode': header('sec-fetch-mode'),
    };
    const fault = judge({ method: context.req.method, headers, dialled: incoming?.socket.localAddress });
    return fault === undefined ? next() : problem(context, 403, fault.title, fault.detail);
  };
}
