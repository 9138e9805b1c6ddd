import type { TrafficSummary } from '../../telemetry/recent-traffic.ts';
import { describe } from '../../upstream/describe.ts';
import { explain } from '../../upstream/explain.ts';
import type { Upstream } from '../../upstream/upstream.ts';
import { describeReason } from '../describe-reason.ts';
import type { FeedEvent } from '../event-feed.ts';
import type { EventRow, InstanceRow, UpstreamRow } from './live-state.ts';

/** An upstream as the page shows it. */
export function upstreamRow(upstream: Upstream, traffic: TrafficSummary): UpstreamRow {
  const { key, state, policy, origin, panic, failover, counts, inFlight } = describe(upstream);
  const { clock, choice } = upstream;
  const toWallMs = clock.wallMs() - clock.nowMs();
  const wall = (ms: number | undefined) => (ms === undefined ? undefined : Math.round(ms + toWallMs));
  return {
    name: key,
    state,
    policy,
    source: origin,
    panic,
    failover,
    ...counts,
    inFlight,
    perSecond: Math.round(traffic.perSecond * 10) / 10,
    errorShare: Math.round(traffic.errorShare * 10_000) / 10_000,
    p50Ms: traffic.p50Ms,
    p99Ms: traffic.p99Ms,
    confirmedAt: wall(choice.view.confirmedAtMs),
    changedAt: wall(choice.view.changedAtMs),
  };
}

/** How fast each instance is asked, from one look to the next. */
export class InstanceRates {
  readonly #before = new Map<string, { readonly requests: number; readonly perSecond: number }>();
  #atMs: number | undefined;

  /** Smoothed over a few looks; 0 at the first. */
  next(requestsById: ReadonlyMap<string, number>, nowMs: number): ReadonlyMap<string, number> {
    const seconds = this.#atMs === undefined ? 0 : (nowMs - this.#atMs) / 1000;
    this.#atMs = nowMs;
    const rates = new Map<string, number>();
    for (const [id, requests] of requestsById) {
      const before = this.#before.get(id);
      const perSecond =
        before === undefined || seconds <= 0
          ? 0
          : before.perSecond * 0.6 + (Math.max(0, requests - before.requests) / seconds) * 0.4;
      rates.set(id, perSecond < 0.05 ? 0 : Math.round(perSecond * 10) / 10);
      this.#before.set(id, { requests, perSecond });
    }
    for (const id of this.#before.keys()) if (!requestsById.has(id)) this.#before.delete(id);
    return rates;
  }
}

/** The instances of an upstream as the page shows them. */
export function instanceRows(upstream: Upstream, rates: InstanceRates): InstanceRow[] {
  const { members } = describe(upstream);
  const { endpoints, next } = explain(upstream);
  const byId = new Map(members.map((member) => [member.endpoint.id, member]));
  const perSecond = rates.next(
    new Map(members.map(({ endpoint, requests }) => [endpoint.id, requests])),
    upstream.clock.nowMs(),
  );
  return endpoints.map(({ endpoint, isUsed, share, inFlight, reasons }) => {
    const { id, host, port, tags } = endpoint;
    const { requests = 0, failed = 0, p50Ms, p99Ms } = byId.get(id) ?? {};
    return {
      id,
      address: `${host.includes(':') ? `[${host}]` : host}:${port}`,
      tags,
      isUsed,
      isNext: next?.id === id,
      why: reasons.map(describeReason),
      share: Math.round(share * 1000) / 1000,
      inFlight,
      perSecond: perSecond.get(id) ?? 0,
      requests,
      failed,
      p50Ms: tenths(p50Ms),
      p99Ms: tenths(p99Ms),
    };
  });
}

function tenths(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 10) / 10;
}

/** An event as a line of text. */
export function eventRow({ kind, atMs, data }: FeedEvent): EventRow {
  const { level = 'info', message = kind, ...rest } = data as Readonly<Record<string, unknown>>;
  const facts = Object.entries(rest).flatMap(([name, value]) => {
    if (value === undefined) return [];
    return [`${name} ${Array.isArray(value) ? value.join(', ') : String(value)}`];
  });
  return { kind, at: atMs, level: String(level), text: [String(message), ...facts].join(' · ') };
}
