import type { DiscoveryEvent } from '../discovery/discovery-event.ts';
import type { RegistrationEvent } from '../registration/registration-event.ts';
import type { CodedError } from '../runtime/coded-error.ts';
import type { PilotfishMetrics } from '../telemetry/pilotfish-metrics.ts';
import type { UpstreamEvent } from '../upstream/upstream-event.ts';
import type { UpstreamTable } from '../upstream/upstream-table.ts';
import { Announcer, type AnnouncerOptions } from './announcer.ts';
import { CatalogTrouble } from './catalog-trouble.ts';
import type { ConsulLink } from './consul-meter.ts';
import { discoveryLogLine, linkLogLine, registrationLogLine, upstreamLogLine } from './log-events.ts';
import { line } from './log-line.ts';
import type { Standing } from './standing.ts';
import { countUpstreamEvent } from './upstream-metrics.ts';

/** Who is told of what happens. */
export interface EventHubOptions extends AnnouncerOptions {
  readonly metrics: PilotfishMetrics;
  readonly standing: Standing;
}

/** Tells the log, the metrics, `/events` and `/readyz` of what the rooms report. */
export class EventHub {
  readonly #options: EventHubOptions;
  readonly #trouble: CatalogTrouble;
  readonly #announcer: Announcer;

  constructor(options: EventHubOptions) {
    this.#options = options;
    this.#trouble = new CatalogTrouble(options.clock);
    this.#announcer = new Announcer(options);
  }

  /** Something happened in an upstream. */
  upstream(event: UpstreamEvent, upstream: string): void {
    this.#options.standing.note(event, upstream);
    countUpstreamEvent(this.#options.metrics, event, upstream);
    const isNews = event.kind !== 'watch-failed' || this.#trouble.isFailureNews(upstream, event.error);
    this.#announcer.tellNews(event.kind, upstreamLogLine(event, upstream), isNews);
  }

  /** The upstream is gone. */
  forget(upstream: string): void {
    this.#options.standing.forget(upstream);
    this.#trouble.forget(upstream);
  }

  /** Consul can be reached, or not any more. */
  consulLink(link: ConsulLink): void {
    this.#announcer.tellNews('consul_link', linkLogLine(link), this.#trouble.isLinkNews(link));
  }

  /** Discovery decided something. */
  discovery(event: DiscoveryEvent, upstreams: UpstreamTable): void {
    if (event.kind === 'shrink_held') {
      const { service, tag, datacenter } = event.query;
      for (const { key, settings } of upstreams.list()) {
        const { query } = settings;
        if (query.service === service && query.tag === tag && query.datacenter === datacenter)
          this.#options.metrics.shrinksHeld.bind(key).add(1);
      }
    }
    this.#announcer.tell(event.kind, discoveryLogLine(event));
  }

  /** Something happened to the own registration. */
  registration(event: RegistrationEvent): void {
    if (event.kind === 'registered' || event.kind === 'deregistered')
      this.#options.metrics.registrations.bind(event.kind).add(1);
    this.#announcer.tell(event.kind, registrationLogLine(event));
  }

  /** The settings that are kept in Consul's KV cannot be read, or cannot be used. */
  settingsProblem(error: CodedError): void {
    const message = 'the settings in Consul’s KV are not taken over; the last good ones stay';
    this.#announcer.tell('settings_refused', line(error.retryable ? 'warn' : 'error', message, { error }));
  }

  /** The sidecar leaves the catalog. */
  drain(): void {
    this.#options.standing.isDraining = true;
    this.#options.feed.publish({ kind: 'drain', atMs: this.#options.clock.wallMs(), data: { message: 'draining' } });
  }
}
