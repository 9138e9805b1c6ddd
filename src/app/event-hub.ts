import type { EventFeed } from '../admin/event-feed.ts';
import type { DiscoveryEvent } from '../discovery/discovery-event.ts';
import type { RegistrationEvent } from '../registration/registration-event.ts';
import type { Clock } from '../runtime/clock.ts';
import type { CodedError } from '../runtime/coded-error.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { PilotfishMetrics } from '../telemetry/pilotfish-metrics.ts';
import type { UpstreamEvent } from '../upstream/upstream-event.ts';
import type { UpstreamTable } from '../upstream/upstream-table.ts';
import { CatalogTrouble } from './catalog-trouble.ts';
import type { ConsulLink } from './counted-transport.ts';
import { discoveryLogLine, type LogLine, linkLogLine, registrationLogLine, upstreamLogLine } from './log-events.ts';
import type { Standing } from './standing.ts';
import { countUpstreamEvent } from './upstream-metrics.ts';

/** Who is told of what happens. */
export interface EventHubOptions {
  readonly logger: Logger;
  readonly metrics: PilotfishMetrics;
  readonly feed: EventFeed;
  readonly standing: Standing;
  readonly clock: Clock;
}

/** Tells the log, the metrics, `/events` and `/readyz` of what the rooms report. */
export class EventHub {
  readonly #options: EventHubOptions;
  readonly #trouble: CatalogTrouble;

  constructor(options: EventHubOptions) {
    this.#options = options;
    this.#trouble = new CatalogTrouble(options.clock);
  }

  /** Something happened in an upstream. */
  upstream(event: UpstreamEvent, upstream: string): void {
    this.#options.standing.note(event, upstream);
    countUpstreamEvent(this.#options.metrics, event, upstream);
    const line = upstreamLogLine(event, upstream);
    const isNews = event.kind !== 'watch-failed' || this.#trouble.isFailureNews(upstream, event.error);
    if (isNews) this.#tell(event.kind, line);
    else this.#options.logger.debug(line.message, line.fields);
  }

  /** The upstream is gone. */
  forget(upstream: string): void {
    this.#options.standing.forget(upstream);
    this.#trouble.forget(upstream);
  }

  /** Consul can be reached, or not any more. */
  consulLink(link: ConsulLink): void {
    const line = linkLogLine(link);
    if (this.#trouble.isLinkNews(link)) this.#tell('consul_link', line);
    else this.#options.logger.debug(line.message, line.fields);
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
    this.#tell(event.kind, discoveryLogLine(event));
  }

  /** Something happened to the own registration. */
  registration(event: RegistrationEvent): void {
    if (event.kind === 'registered' || event.kind === 'deregistered')
      this.#options.metrics.registrations.bind(event.kind).add(1);
    this.#tell(event.kind, registrationLogLine(event));
  }

  /** The settings that are kept in Consul's KV cannot be read, or cannot be used. */
  settingsProblem(error: CodedError): void {
    const message = 'the settings in Consul’s KV are not taken over; the last good ones stay';
    this.#tell('settings_refused', { level: error.retryable ? 'warn' : 'error', message, fields: { error } });
  }

  /** The sidecar leaves the catalog. */
  drain(): void {
    this.#options.standing.isDraining = true;
    this.#options.feed.publish({ kind: 'drain', atMs: this.#options.clock.wallMs(), data: { message: 'draining' } });
  }

  #tell(kind: string, { level, message, fields }: LogLine): void {
    const { logger, feed, clock } = this.#options;
    logger[level](message, fields);
    feed.publish({ kind, atMs: clock.wallMs(), data: { level, message, ...shownFields(fields) } });
  }
}

/** An error has no fields that JSON would show. */
function shownFields(fields: LogLine['fields']): object {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? value.message : value]),
  );
}
