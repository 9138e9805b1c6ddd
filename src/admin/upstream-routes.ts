import { type Context, Hono } from 'hono';
import { describe } from '../upstream/describe.ts';
import { explain } from '../upstream/explain.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { UpstreamName } from '../upstream/upstream-name.ts';
import type { AdminParts } from './admin-parts.ts';
import { problem } from './problem.ts';
import { endpointJson, explanationJson, upstreamJson, upstreamSummaryJson } from './upstream-json.ts';

/** How long a name that nobody called yet is waited for. */
const KNOWN_WITHIN_MS = 5000;

/** `tag.name@datacenter`, as in the proxy's paths. */
const NAME =
  /^(?:(?<tag>[^/@]+)\.)?(?<name>[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?)(?:@(?<datacenter>[A-Za-z0-9_-]+))?$/;

type UpstreamParts = Pick<AdminParts, 'upstreams' | 'services' | 'traffic'>;

/** What the sidecar sees of the services that the app calls. */
export function upstreamRoutes({ upstreams, services, traffic }: UpstreamParts): Hono {
  const app = new Hono();

  const withUpstream = async (context: Context, answer: (upstream: Upstream) => Response): Promise<Response> => {
    const text = context.req.param('name') ?? '';
    const name = parseUpstreamName(text);
    if (name === undefined)
      return problem(context, 400, 'Not a service name', `${JSON.stringify(text)} is not [tag.]name[@datacenter]`);
    const upstream = upstreams.open(name);
    if (upstream.state === 'waiting') await upstream.whenKnown(KNOWN_WITHIN_MS);
    if (upstream.state === 'absent')
      return problem(
        context,
        404,
        'Not in the catalog',
        `there is no service ${text} in the catalog; pilotfish services lists those that there are`,
      );
    return answer(upstream);
  };

  app.get('/v1/upstreams', (context) =>
    context.json(upstreams.list().map((upstream) => upstreamSummaryJson(describe(upstream), traffic(upstream.key)))),
  );
  app.get('/v1/upstreams/:name', (context) =>
    withUpstream(context, (upstream) => context.json(upstreamJson(describe(upstream), traffic(upstream.key)))),
  );
  app.get('/v1/explain/:name', (context) =>
    withUpstream(context, (upstream) => context.json(explanationJson(explain(upstream)))),
  );
  app.get('/v1/services/:name/instances', (context) =>
    withUpstream(context, (upstream) => context.json(usable(upstream).map(endpointJson))),
  );
  app.get('/hosts/:name', (context) =>
    withUpstream(context, (upstream) => context.json(usable(upstream).map(({ host, port }) => ({ host, port })))),
  );
  app.get('/v1/services', async (context) => {
    try {
      return context.json(Object.fromEntries(await services(context.req.raw.signal)));
    } catch (error) {
      return problem(
        context,
        503,
        'The catalog cannot be asked',
        error instanceof Error ? error.message : String(error),
      );
    }
  });
  return app;
}

/** What `[tag.]name[@datacenter]` names; undefined when it is none. */
export function parseUpstreamName(text: string): UpstreamName | undefined {
  const groups = NAME.exec(text)?.groups;
  if (groups?.['name'] === undefined) return undefined;
  return { name: groups['name'], tag: groups['tag'], datacenter: groups['datacenter'] };
}

/** The endpoints that get requests now. */
function usable(upstream: Upstream): ReturnType<typeof describe>['members'][number]['endpoint'][] {
  return describe(upstream)
    .members.filter(({ isUsed }) => isUsed)
    .map(({ endpoint }) => endpoint);
}
