import type { BridgeEvent } from '../../marathon/bridge-observer.ts';
import { BridgeCore } from './bridge-core.ts';
import type { MarathonSettings } from './marathon-settings.ts';
import { type PlanReport, planReport } from './plan-report.ts';

/**
 * Compares Marathon and Consul once, and changes nothing.
 * @throws MarathonError, ConsulError when one side cannot be read
 */
export async function planBridge(settings: MarathonSettings): Promise<PlanReport> {
  const noticed: string[] = [];
  await using core = new BridgeCore({ settings, onEvent: (event) => noticed.push(...wordsOf(event)) });
  // First, so that a Consul that cannot be reached is told as that, whatever Marathon says.
  await core.consul.status.leader();
  const plan = await core.bridge.plan(new AbortController().signal);
  return planReport(plan, noticed);
}

/** What the plan itself does not tell, and people should know before they follow it. */
function wordsOf(event: BridgeEvent): readonly string[] {
  if (event.kind === 'warning') return [`${event.appId}: ${event.message}`];
  if (event.kind === 'agent_unreadable')
    return [`agent ${event.agent} cannot be read, its services are left as they are: ${event.error.message}`];
  if (event.kind === 'labels_unreadable')
    return [`labels cannot be read and are left as they are: ${event.error.message}`];
  if (event.kind === 'pods_unreadable') return [`pods cannot be read and are left as they are: ${event.error.message}`];
  if (event.kind === 'unknown_status')
    return [
      `${event.appId}: task ${event.taskId} has the status ${event.status}, which is not known: it is left as it is`,
    ];
  return [];
}
