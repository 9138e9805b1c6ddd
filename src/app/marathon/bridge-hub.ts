import type { BridgeEvent } from '../../marathon/bridge-observer.ts';
import { EVENT_TYPES } from '../../marathon/decode-event.ts';
import type { EventReport } from '../../marathon/event-report.ts';
import type { MarathonNotice } from '../../marathon/event-source.ts';
import type { LeadershipEvent } from '../../marathon/leader-lock.ts';
import type { PilotfishMetrics } from '../../telemetry/pilotfish-metrics.ts';
import { Announcer, type AnnouncerOptions } from '../announcer.ts';
import type { ConsulLink } from '../consul-meter.ts';
import { line } from '../log-line.ts';
import { bridgeLogLine } from './bridge-log-line.ts';
import { countBridgeEvent } from './bridge-metrics.ts';
import { eventLogLine, leadershipLogLine } from './event-log-line.ts';

/** Who is told of what happens. */
export interface BridgeHubOptions extends AnnouncerOptions {
  readonly metrics: PilotfishMetrics;
  /** Whether events come by the event stream, perhaps among others. */
  readonly hasStream: boolean;
}

const KNOWN_TYPES: ReadonlySet<string> = new Set(EVENT_TYPES);

/** Tells the log, the metrics and `/events` of what the bridge's parts report. */
export class BridgeHub {
  readonly #options: BridgeHubOptions;
  readonly #announcer: Announcer;
  #received = 0;
  #lastEventWallMs: number | undefined;
  #syncedMs: number | undefined;
  /** The last failure of each kind that was told, while it lasts. */
  readonly #problems = new Map<EventReport['kind'], string>();

  constructor(options: BridgeHubOptions) {
    this.#options = options;
    this.#announcer = new Announcer(options);
  }

  /** Events of Marathon so far, and when the last one came. */
  get received(): { readonly count: number; readonly lastWallMs: number | undefined } {
    return { count: this.#received, lastWallMs: this.#lastEventWallMs };
  }

  /** Time since everything was last compared; undefined: never. */
  get syncAgeMs(): number | undefined {
    return this.#syncedMs === undefined ? undefined : this.#options.clock.nowMs() - this.#syncedMs;
  }

  /** The bridge did something. */
  bridge(event: BridgeEvent): void {
    if (event.kind === 'sync_ended' && event.scope === 'all') this.#syncedMs = this.#options.clock.nowMs();
    countBridgeEvent(this.#options.metrics, event);
    this.#announcer.tell(event.kind, bridgeLogLine(event));
  }

  /** Something happened to the ways by which events come. */
  eventReport(report: EventReport): void {
    if (report.kind === 'event_refused') this.#options.metrics.marathonEvents.bind(report.way, '_REFUSED').add(1);
    const line = eventLogLine(report, this.#options.hasStream);
    // What is tried again and again fails in the same way again and again: once is enough for people.
    const isRetried = report.kind === 'stream_lost' || report.kind === 'subscription_failed';
    const problem = isRetried ? (report.error?.message ?? 'ended') : undefined;
    const isKnown = problem !== undefined && problem === this.#problems.get(report.kind);
    if (problem !== undefined) this.#problems.set(report.kind, problem);
    if (report.kind === 'stream_opened') this.#problems.delete('stream_lost');
    if (report.kind === 'subscribed') this.#problems.delete('subscription_failed');
    this.#announcer.tellNews(report.kind, line, !isKnown);
  }

  /** Something happened to the office of the bridge that writes. */
  leadership(event: LeadershipEvent): void {
    this.#announcer.tell(event.kind, leadershipLogLine(event));
  }

  /** Consul is found to be reachable, or no longer is. */
  consulLink(link: ConsulLink): void {
    const isReachable = link.isReachable === true;
    const message = isReachable ? 'Consul is reached' : 'Consul cannot be reached; it is asked again';
    this.#announcer.tell('consul_link', line(isReachable ? 'info' : 'warn', message, { error: link.error }));
  }

  /** Marathon said something. */
  notice(notice: MarathonNotice): void {
    const { way } = notice;
    if (notice.kind === 'resync') {
      this.#announcer.tell('resync', line('debug', 'everything is to be compared', { way, why: notice.why }));
      return;
    }
    this.#received += 1;
    this.#lastEventWallMs = this.#options.clock.wallMs();
    const { eventType } = notice.event;
    this.#options.metrics.marathonEvents.bind(way, KNOWN_TYPES.has(eventType) ? eventType : '_OTHER').add(1);
  }
}
