import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { EndpointSource } from './endpoint-source.ts';
import { Steering } from './steering.ts';
import type { TrafficPlanSource } from './traffic-plan.ts';
import { Upstream } from './upstream.ts';
import type { UpstreamObserver } from './upstream-event.ts';
import { type UpstreamName, upstreamKey } from './upstream-name.ts';
import type { UpstreamSettings } from './upstream-settings.ts';
import { UpstreamWatch } from './upstream-watch.ts';

/** An upstream of the table, with what keeps it informed. */
export interface OpenUpstream {
  readonly name: UpstreamName;
  readonly upstream: Upstream;
  readonly watch: UpstreamWatch;
  /** Undefined: traffic rules are not followed. */
  readonly steering: Steering | undefined;
  readonly askedAtMs: number;
  /** The sweep before which it was last used. */
  usedAtSweep: number;
}

/** What opening an upstream needs. */
export interface OpenUpstreamOptions {
  readonly source: EndpointSource;
  readonly plans?: TrafficPlanSource | undefined;
  readonly settingsFor: (name: UpstreamName) => UpstreamSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer?: UpstreamObserver | undefined;
  readonly onClosed?: ((upstream: Upstream) => void) | undefined;
  /** Called after each answer and failure that the upstream was told of, and each plan. */
  readonly onNews: (upstream: Upstream) => void;
}

/** Makes an upstream and starts its watch. Keeps `options`, which are the same for all. */
export function openUpstream(
  name: UpstreamName,
  settings: UpstreamSettings,
  options: OpenUpstreamOptions,
): Omit<OpenUpstream, 'usedAtSweep'> {
  const { clock, random, observer, source, onNews } = options;
  const upstream = new Upstream({ key: upstreamKey(name), settings, clock, random, observer });
  const steering = steer(upstream, options);
  const watch = new UpstreamWatch({ upstream, source, onNews, ready: steering?.known });
  return { name, upstream, watch, steering, askedAtMs: clock.nowMs() };
}

/** Rules are for the service as a whole: a tag, a datacenter, a fixed list or a prepared query has already chosen. */
function steer(upstream: Upstream, options: OpenUpstreamOptions): Steering | undefined {
  const { plans } = options;
  const { tag, datacenter, endpoints, preparedQuery } = upstream.settings.query;
  if (plans === undefined || (tag ?? datacenter ?? endpoints ?? preparedQuery) !== undefined) return undefined;
  return new Steering(upstream, plans, options);
}
