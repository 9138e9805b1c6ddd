import type { BridgeFailure } from '../../marathon/bridge-action.ts';
import type { AppReport, BridgeEvent, SyncScope } from '../../marathon/bridge-observer.ts';
import { type LogLine, line } from '../log-line.ts';

/** At most so many names stand in a line. */
const SHOWN = 20;

/** What is written down of what the bridge does: `warn` is for what an operator may have to act on. */
export function bridgeLogLine(event: BridgeEvent): LogLine {
  switch (event.kind) {
    case 'sync_started':
      return line('debug', 'comparing Marathon and Consul', { apps: scopeOf(event.scope), because: event.because });
    case 'sync_ended':
      return syncEnded(event);
    case 'sync_failed': {
      const { scope, error, retryInMs } = event;
      const message = 'Marathon and Consul could not be compared; nothing was written, and it is tried again';
      return line('warn', message, { apps: scopeOf(scope), error, retryInMs: Math.round(retryInMs) });
    }
    case 'app_failed': {
      const failures = event.failures.slice(0, SHOWN).map(failureWords);
      return line('warn', 'not all of an app could be done; the rest went on, and it is tried again', {
        app: event.appId,
        failures,
        error: event.failures[0]?.error,
      });
    }
    case 'name_clash':
      return line('warn', 'apps that become one name in Consul are left alone until one is renamed', {
        service: event.name,
        apps: event.appIds,
      });
    case 'purge_refused': {
      const { removals, own, maxPurge } = event.refusal;
      return line('warn', 'too much would be purged at once: nothing is; --max-purge says how much may go', {
        apps: scopeOf(event.scope),
        removals,
        of: own,
        maxPurge: `${Math.round(maxPurge * 100)}%`,
      });
    }
    case 'event_narrowed':
      return line('debug', 'an event of Marathon’s', { event: event.eventType, apps: shown(event.appIds) });
    default:
      return changeLine(event);
  }
}

type Change = Exclude<
  BridgeEvent,
  {
    readonly kind:
      | 'sync_started'
      | 'sync_ended'
      | 'sync_failed'
      | 'app_failed'
      | 'name_clash'
      | 'purge_refused'
      | 'event_narrowed';
  }
>;

/** What is said of a single service, key, agent or app. */
function changeLine(event: Change): LogLine {
  switch (event.kind) {
    case 'registered':
    case 'deregistered': {
      const { appId: app, name: service, serviceId: id, agent, because } = event;
      return line('info', event.kind, { app, service, id, agent, because });
    }
    case 'label_put':
      return line('debug', 'label written', { app: event.appId, key: event.key });
    case 'label_deleted':
      return line('debug', 'label removed', { app: event.appId, key: event.key });
    case 'fallback_used': {
      const { serviceId: id, agent, doing, error } = event;
      return line('warn', 'the agent on the task’s host did not take it; the main agent did', {
        doing,
        id,
        agent,
        error,
      });
    }
    case 'agent_unreadable':
      return line('warn', 'an agent cannot be read: its services are left as they are', {
        agent: event.agent,
        error: event.error,
      });
    case 'labels_unreadable':
      return line('warn', 'Consul’s labels cannot be read: they are left as they are, services go on', {
        error: event.error,
      });
    case 'pods_unreadable':
      return line('warn', 'Marathon’s pods cannot be read: nothing of theirs is removed, apps go on', {
        error: event.error,
      });
    case 'app_not_found':
      return line('warn', 'an event is about an app that Marathon does not have', { app: event.appId });
    case 'unknown_status':
      return line('warn', 'a task has a status that is not known: it is left as it is', {
        app: event.appId,
        id: event.taskId,
        status: event.status,
      });
    case 'warning':
      return line('warn', event.message, { app: event.appId });
  }
}

function syncEnded(event: Extract<BridgeEvent, { readonly kind: 'sync_ended' }>): LogLine {
  const { scope, because, durationMs, apps, own } = event;
  const sum = (of: (report: AppReport) => number): number => apps.reduce((total, report) => total + of(report), 0);
  // What events bring every second is of interest only when something came of it.
  const level = scope === 'all' || apps.length > 0 ? 'info' : 'debug';
  return line(level, 'compared Marathon and Consul', {
    apps: scopeOf(scope),
    because,
    durationMs: Math.round(durationMs),
    registered: sum(({ registered }) => registered),
    deregistered: sum(({ deregistered }) => deregistered),
    labels: sum(({ labelsPut, labelsDeleted }) => labelsPut + labelsDeleted),
    failures: sum(({ failures }) => failures.length),
    services: own,
  });
}

/** A failure as people read it: `register web.1: consul_unreachable …`. */
export function failureWords({ doing, on, error }: BridgeFailure): string {
  return `${doing.replace('_', ' ')} ${on}: ${error.message}`;
}

function scopeOf(scope: SyncScope): string | readonly string[] {
  return scope === 'all' ? 'all' : shown(scope);
}

function shown(names: readonly string[]): readonly string[] {
  return names.length > SHOWN ? [...names.slice(0, SHOWN), `and ${names.length - SHOWN} more`] : names;
}
