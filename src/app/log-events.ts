import type { DiscoveryEvent } from '../discovery/discovery-event.ts';
import type { RegistrationEvent } from '../registration/registration-event.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import type { ServiceQuery } from '../upstream/endpoint-source.ts';
import type { UpstreamEvent } from '../upstream/upstream-event.ts';
import type { ConsulLink } from './consul-meter.ts';
import { type LogLine, line } from './log-line.ts';

/** What is written down of what happens in upstreams: `warn` is for what an operator may have to act on. */
export function upstreamLogLine(event: UpstreamEvent, upstream: string): LogLine {
  switch (event.kind) {
    case 'view':
      return line('info', 'instances changed', {
        upstream,
        origin: event.origin,
        datacenter: event.datacenter,
        added: addresses(event.added),
        removed: addresses(event.removed),
        changed: addresses(event.changed),
      });
    case 'ejected':
      return line('warn', 'instance ejected', {
        upstream,
        instance: event.endpoint.id,
        reason: event.reason,
        forMs: event.forMs,
      });
    case 'returned':
      return line('info', 'instance is used again', { upstream, instance: event.endpoint.id });
    case 'panic':
      if (event.on) return line('warn', 'too few usable instances: all are used now, well or not', { upstream });
      return line('info', 'enough usable instances again', { upstream });
    case 'failover':
      if (event.datacenter === undefined) return line('info', 'back in the own datacenter', { upstream });
      return line('warn', 'nothing usable in the own datacenter', { upstream, failover: event.datacenter });
    case 'watch-failed':
      return line('warn', 'the catalog could not be asked; the last view stays in use', {
        upstream,
        datacenter: event.datacenter,
        error: event.error,
      });
  }
}

/** What is written down of what discovery decides. */
export function discoveryLogLine(event: DiscoveryEvent): LogLine {
  switch (event.kind) {
    case 'shrink_held': {
      const { held, of } = event;
      return line('warn', 'many instances left the catalog at once; they stay in use until evidence decides', {
        ...fieldsOf(event.query),
        held,
        of,
      });
    }
    case 'shrink_settled':
      return line('warn', 'the evidence is in', {
        ...fieldsOf(event.query),
        verdict: event.verdict,
        instances: event.endpoints,
      });
    case 'flapping':
      return line('warn', 'instance flaps: not used until it is steady', {
        ...fieldsOf(event.query),
        instance: event.endpoint,
      });
    case 'steady':
      return line('info', 'instance is steady again', { ...fieldsOf(event.query), instance: event.endpoint });
    case 'probe_failing':
      return line('warn', 'instance fails its probes: not used until they pass', {
        ...fieldsOf(event.query),
        instance: event.endpoint,
        output: event.output,
      });
    case 'probe_passing':
      return line('info', 'instance passes its probes again', {
        ...fieldsOf(event.query),
        instance: event.endpoint,
        output: event.output,
      });
    case 'snapshot_used':
      return line('warn', 'the catalog cannot be asked: using the view from disk', {
        ...fieldsOf(event.query),
        ageMs: event.ageMs,
      });
    case 'snapshot_unusable':
      return line('warn', 'the snapshot on disk is not used', { error: event.error });
  }
}

/** What is written down of the own registration. */
export function registrationLogLine(event: RegistrationEvent): LogLine {
  switch (event.kind) {
    case 'warning':
      return line('warn', event.message, {});
    case 'app_waited_for':
      if (event.isAnswering) return line('info', 'the app answers', { afterMs: Math.round(event.waitedMs) });
      return line('warn', 'the app does not answer; it is registered all the same', {
        afterMs: Math.round(event.waitedMs),
        output: event.output,
      });
    case 'registered':
      return line('info', 'registered', { id: event.id, because: event.because });
    case 'in_catalog':
      return line('info', 'others can find the app in the catalog', { id: event.id });
    case 'not_in_catalog':
      return line('warn', 'the agent knows the app and the catalog does not; see pilotfish check', { id: event.id });
    case 'app_health':
      return line('info', 'the app’s health changed', {
        check: event.check,
        status: event.status,
        output: event.output,
      });
    case 'maintenance':
      if (event.reason === undefined) return line('info', 'maintenance ended', { id: event.id });
      return line('info', 'maintenance began', { id: event.id, reason: event.reason });
    case 'deregistered':
      return line('info', 'deregistered', { id: event.id });
    case 'failed':
      return line('warn', 'Consul could not be told; it will be tried again', { error: event.error });
  }
}

/** What is written down of the link to Consul. */
export function linkLogLine({ isReachable, error, lastedMs }: ConsulLink): LogLine {
  if (isReachable === false) return line('warn', 'Consul cannot be reached; the last views stay in use', { error });
  return line('info', 'Consul is reachable', { awayMs: lastedMs });
}

function fieldsOf({ service, tag, datacenter }: ServiceQuery): {
  service: string;
  tag: string | undefined;
  datacenter: string | undefined;
} {
  return { service, tag, datacenter };
}

/** At most this many addresses stand in a line. */
const SHOWN = 20;

function addresses(endpoints: readonly Endpoint[]): readonly string[] | undefined {
  if (endpoints.length === 0) return undefined;
  const shown = endpoints.slice(0, SHOWN).map(({ host, port }) => `${host}:${port}`);
  return endpoints.length > SHOWN ? [...shown, `and ${endpoints.length - SHOWN} more`] : shown;
}
