import { type Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { EventFeed, FeedEvent } from './event-feed.ts';
import { problem } from './problem.ts';
import type { RequestFeed, RequestFilter } from './request-feed.ts';

/** Events that may wait for a slow reader; older ones are left out. */
const MAX_WAITING = 1000;
/** A comment is sent after so long a silence, so that dead connections are noticed. */
const SILENCE_MS = 15_000;

/** What `/events` is fed by. */
export interface EventParts {
  readonly events: EventFeed;
  readonly requests: RequestFeed;
}

/** What a reader of `/events` asked for. */
interface Wish {
  /** Undefined: events of all kinds. */
  readonly kinds: ReadonlySet<string> | undefined;
  readonly requests: RequestFilter;
}

/** `/events`: what happens, as server-sent events, the recent past first; and requests, a bounded number a second. */
export function eventRoutes({ events, requests }: EventParts): Hono {
  const app = new Hono();
  app.get('/events', (context) => {
    const wish = wishOf(context);
    if (typeof wish === 'string') return problem(context, 400, 'Not a filter', wish);
    const isWanted = (kind: string): boolean => wish.kinds?.has(kind) ?? true;
    return streamSSE(context, async (stream) => {
      const waiting: FeedEvent[] = events.recent.filter(({ kind }) => isWanted(kind));
      let wake = (): void => undefined;
      const add = (event: FeedEvent): void => {
        waiting.push(event);
        if (waiting.length > MAX_WAITING) waiting.shift();
        wake();
      };
      const stops = [events.subscribe((event) => isWanted(event.kind) && add(event))];
      if (isWanted('request'))
        stops.push(requests.subscribe(wish.requests, (atMs, data) => add({ kind: 'request', atMs, data })));
      stream.onAbort(() => wake());
      // So that a reader knows at once that it is heard, even when nothing happens.
      await stream.write(': hello\n\n');
      while (!stream.aborted) {
        for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) {
          const { kind, atMs, data } = event;
          await stream.writeSSE({ event: kind, data: JSON.stringify({ atMs, ...data }) });
        }
        const isSilent = await new Promise<boolean>((resolve) => {
          const timer = setTimeout(resolve, SILENCE_MS, true);
          wake = () => {
            clearTimeout(timer);
            resolve(false);
          };
          if (stream.aborted || waiting.length > 0) wake();
        });
        if (isSilent) await stream.write(': still here\n\n');
      }
      for (const stop of stops) stop();
    });
  });
  return app;
}

/** The wish in the query, or what is wrong with it. */
function wishOf({ req }: Context): Wish | string {
  const status = req.query('status');
  const minMs = Number(req.query('minMs') ?? '0');
  if (status !== undefined && !/^[1-5](?:\d\d|xx)$/.test(status))
    return `status=${status} is neither like 404 nor like 5xx`;
  if (!(minMs >= 0)) return `minMs=${req.query('minMs')} is not a number of milliseconds`;
  const kinds = req.query('kinds');
  return {
    kinds: kinds === undefined ? undefined : new Set(kinds.split(',')),
    requests: {
      upstream: req.query('upstream'),
      method: req.query('method')?.toUpperCase(),
      status,
      minMs,
      errorsOnly: req.query('errors') !== undefined,
    },
  };
}
