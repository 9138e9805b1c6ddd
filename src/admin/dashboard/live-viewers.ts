import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import { problem } from '../problem.ts';

/** One open page: what it has been told so far. */
export interface LiveViewer {
  /** What has changed since the last call; a plain object, written as JSON. */
  next(): Promise<object>;
  /** The page is gone. */
  close(): void;
}

/** How often a viewer is told what has changed. */
const EVERY_MS = 1000;
/** So many pages may look at once; each costs a look at everything a second. */
const MAX_VIEWERS = 32;

/** The pages that look: each is told once a second, as server-sent events, what has changed. */
export class LiveViewers {
  #viewers = 0;

  /** Answers with a stream for one more page, or with 503 when there are too many. */
  serve(context: Context, open: () => LiveViewer): Response | Promise<Response> {
    if (this.#viewers >= MAX_VIEWERS)
      return problem(context, 503, 'Too many viewers', `at most ${MAX_VIEWERS} pages may look at once`);
    return streamSSE(context, async (stream) => {
      this.#viewers += 1;
      const viewer = open();
      let wake = (): void => undefined;
      stream.onAbort(() => wake());
      try {
        while (!stream.aborted) {
          await stream.writeSSE({ data: JSON.stringify(await viewer.next()) });
          await new Promise<void>((resolve) => {
            const timer = setTimeout(resolve, EVERY_MS);
            wake = () => {
              clearTimeout(timer);
              resolve();
            };
            if (stream.aborted) wake();
          });
        }
      } finally {
        this.#viewers -= 1;
        viewer.close();
      }
    });
  }
}
