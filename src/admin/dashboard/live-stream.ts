import { type Context, Hono } from 'hono';
import type { UpstreamName } from '../../upstream/upstream-name.ts';
import type { AdminParts } from '../admin-parts.ts';
import { problem } from '../problem.ts';
import { parseUpstreamName } from '../upstream-routes.ts';
import { ChangedRows } from './changed-rows.ts';
import { EventBacklog } from './event-backlog.ts';
import { InstanceRates, instanceRows, upstreamRow } from './live-rows.ts';
import type { ConsulFacts, LiveState, OpenUpstream, RegistrationFacts } from './live-state.ts';
import { type LiveViewer, LiveViewers } from './live-viewers.ts';

type LiveParts = Pick<
  AdminParts,
  'upstreams' | 'traffic' | 'refresh' | 'readiness' | 'presence' | 'consul' | 'events' | 'version'
> & { readonly wallMs: () => number };

/** `/live`: what the page shows, as server-sent events, once a second. `?open=NAME` adds the instances of an upstream. */
export function liveRoutes(parts: LiveParts): Hono {
  const app = new Hono();
  const viewers = new LiveViewers();
  app.get('/live', (context: Context) => {
    const text = context.req.query('open');
    const open = text === undefined ? undefined : parseUpstreamName(text);
    if (text !== undefined && open === undefined)
      return problem(context, 400, 'Not a service name', `${JSON.stringify(text)} is not [tag.]name[@datacenter]`);
    return viewers.serve(context, () => new Viewer(parts, open));
  });
  return app;
}

/** One open page: what it has been told so far. */
class Viewer implements LiveViewer {
  readonly #parts: LiveParts;
  readonly #open: UpstreamName | undefined;
  readonly #upstreams = new ChangedRows<LiveState['upstreams']['changed'][number]>(({ name }) => name);
  readonly #instances = new ChangedRows<OpenUpstream['instances']['changed'][number]>(({ id }) => id);
  readonly #rates = new InstanceRates();
  readonly #events: EventBacklog;
  #isFirst = true;

  constructor(parts: LiveParts, open: UpstreamName | undefined) {
    this.#parts = parts;
    this.#open = open;
    this.#events = new EventBacklog(parts.events);
  }

  /** What has changed since the last call. */
  async next(): Promise<LiveState> {
    await this.#parts.refresh();
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
      events: this.#events.take(),
    };
  }

  close(): void {
    this.#events.close();
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
