import type { BridgeListener } from './bridge-observer.ts';
import type { MarathonNotice } from './event-source.ts';
import type { MarathonEvent } from './marathon-event.ts';
import type { PendingWork } from './pending-work.ts';

/** Events after which an app is no more; should Marathon still have it, nothing follows. */
const ENDING_EVENTS: ReadonlySet<string> = new Set(['app_terminated_event', 'pod_deleted_event']);

/** Turns what Marathon tells into what is to be compared: an event narrows a comparison to its apps, and no more. */
export function takeNotice(notice: MarathonNotice, pending: PendingWork, onEvent: BridgeListener): void {
  if (notice.kind === 'resync') {
    pending.addWhole(notice.why);
    return;
  }
  const { event } = notice;
  const appIds = appIdsOf(event);
  if (appIds === undefined) return;
  onEvent({ kind: 'event_narrowed', eventType: event.eventType, appIds });
  if (appIds.length === 0 || appIds.includes('/')) pending.addWhole(event.eventType);
  else if (event.kind === 'task-status') pending.addStatus(event);
  else if (ENDING_EVENTS.has(event.eventType)) for (const appId of appIds) pending.addEndedApp(appId);
  else for (const appId of appIds) pending.addApp(appId);
}

/** Undefined: nothing follows from it. Empty: it may be about any app. */
function appIdsOf(event: MarathonEvent): readonly string[] | undefined {
  switch (event.kind) {
    case 'task-status':
    case 'instance':
    case 'app':
      return [event.appId];
    case 'deployment':
      return event.appIds;
    case 'group':
      return [];
    // Whether a task is well is for Consul's own checks to say.
    case 'health':
    case 'other':
      return undefined;
  }
}
