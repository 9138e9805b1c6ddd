import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { EventFeed, FeedEvent } from './event-feed.ts';

/** Events that may wait for a slow reader; older ones are left out. */
const MAX_WAITING = 1000;
/** A comment is sent after so long a silence, so that dead connections are noticed. */
const SILENCE_MS = 15_000;

/** `/events`: what happens, as server-sent events, the recent past first. */
export function eventRoutes(feed: EventFeed): Hono {
  const app = new Hono();
  app.get('/events', (context) =>
    streamSSE(context, async (stream) => {
      const waiting: FeedEvent[] = [...feed.recent];
      let wake = (): void => undefined;
      const stop = feed.subscribe((event) => {
        waiting.push(event);
        if (waiting.length > MAX_WAITING) waiting.shift();
        wake();
      });
      stream.onAbort(() => wake());
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
      stop();
    }),
  );
  return app;
}
