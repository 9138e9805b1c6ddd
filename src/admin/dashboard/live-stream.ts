import { type Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { UpstreamName } from '../../upstream/upstream-name.ts';
import type { AdminParts } from '../admin-parts.ts';
import type { FeedEvent } from '../event-feed.ts';
import { problem } from '../problem.ts';
import { parseUpstreamName } from '../upstream-routes.ts';
import { ChangedRows } from './changed-rows.ts';
import { eventRow, InstanceRates, instanceRows, upstreamRow } from './live-rows.ts';
import type { ConsulFacts, LiveState, OpenUpstream, RegistrationFacts } from './live-state.ts';

/** How often a viewer is told what has changed. */
const EVERY_MS = 1000;
/** So many pages may look at once; each costs a look at all upstreams a second. */
const MAX_VIEWERS = 32;
/** At most so many events in one message; more is only noise. */
const MAX_EVENTS = 200;

type LiveParts = Pick<
  AdminParts,
  'upstreams' | 'traffic' | 'refresh' | 'readiness' | 'presence' | 'consul' | 'events' | 'version'
> & { readonly wallMs: () => number };

/** `/live`: what the page shows, as server-sent events, once a second. `?open=NAME` adds the instances of an upstream. */
export function liveRoutes(parts: LiveParts): Hono {
  const app = new Hono();
  let viewers = 0;
  app.get('/live', (context: Context) => {
    const text = context.req.query('open');
    const open = text === undefined ? undefined : parseUpstreamName(text);
    if (text !== undefined && open === undefined)
      return problem(context, 400, 'Not a service name', `${JSON.stringify(text)} is not [tag.]name[@datacenter]`);
    if (viewers >= MAX_VIEWERS)
      return problem(context, 503, 'Too many viewers', `at most ${MAX_VIEWERS} pages may look at once`);
    return streamSSE(context, async (stream) => {
      viewers += 1;
      const viewer = new Viewer(parts, open);
      let wake = (): void => undefined;
      stream.onAbort(() => wake());
      try {
        while (!stream.aborted) {
          await parts.refresh();
          await stream.writeSSE({ data: JSON.stringify(viewer.next()) });
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
        viewers -= 1;
        viewer.close();
      }
    });
  });
  return app;
}

/** One open page: what it has been told so far. */
class Viewer {
  readonly #parts: LiveParts;
  readonly #open: UpstreamName | undefined;
  readonly #upstreams = new ChangedRows<LiveState['upstreams']['changed'][number]>(({ name }) => name);
  readonly #instances = new ChangedRows<OpenUpstream['instances']['changed'][number]>(({ id }) => id);
  readonly #rates = new InstanceRates();
  readonly #stop: () => void;
  #events: FeedEvent[];
  #isFirst = true;

  constructor(parts: LiveParts, open: UpstreamName | undefined) {
    this.#parts = parts;
    this.#open = open;
    this.#events = [...parts.events.recent];
    this.#stop = parts.events.subscribe((event) => {
      this.#events.push(event);
      if (this.#events.length > MAX_EVENTS) this.#events.shift();
    });
  }

  /** What has changed since the last call. */
  next(): LiveState {
    const { upstreams, traffic, readiness, presence, consul, version, wallMs } = this.#parts;
    const isWhole = this.#isFirst;
    this.#isFirst = false;
    return {
      at: wallMs(),
      isWhole,
      version,
      readiness: readiness(),
      consul: consul() as ConsulFacts,
      registration: presence?.status() as RegistrationFacts | undefined,
      upstreams: this.#upstreams.next(
        upstreams
          .list()
          .filter(({ state }) => state !== 'absent')
          .map((upstream) => upstreamRow(upstream, traffic(upstream.key))),
      ),
      open: this.#opened(),
      events: this.#events.splice(0).map(eventRow),
    };
  }

  close(): void {
    this.#stop();
  }

  #opened(): OpenUpstream | undefined {
    if (this.#open === undefined) return undefined;
    const upstream = this.#parts.upstreams.open(this.#open);
    const { key: name, state } = upstream;
    const problem =
      state === 'absent' ? 'not in the catalog' : state === 'waiting' ? 'asking the catalog …' : undefined;
    const rows = problem === undefined ? instanceRows(upstream, this.#rates) : [];
    return { name, problem, instances: this.#instances.next(rows) };
  }
}
