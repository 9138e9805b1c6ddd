import type { BridgeAction, BridgePlan } from '../../marathon/bridge-action.ts';
import { failureWords } from './bridge-log-line.ts';

/** One write that a sync would make. */
export interface PlannedChange {
  readonly action: BridgeAction['kind'];
  readonly app: string;
  /** The service's id, or the label's key. */
  readonly on: string;
  /** Of the agent that would be asked; undefined for labels, which are the main agent's. */
  readonly agent: string | undefined;
  readonly because: string | undefined;
  /** A registration as it would be sent, or the label's value. */
  readonly content: object | string | undefined;
}

/** The difference between Marathon and Consul, for people and programs. */
export interface PlanReport {
  /** Nothing would be written. */
  readonly isSame: boolean;
  readonly changes: readonly PlannedChange[];
  /** What would be left alone or cannot be done, a sentence each. */
  readonly problems: readonly string[];
}

/** The plan in plain words and data. @param noticed what else people should know */
export function planReport({ apps, clashes, refusal }: BridgePlan, noticed: readonly string[]): PlanReport {
  const changes = apps.flatMap(({ appId, actions }) => actions.map((action) => plannedChange(appId, action)));
  const problems = [
    ...clashes.map(
      ({ name, appIds }) => `${appIds.join(' and ')} become one name in Consul, ${name}: they are left alone`,
    ),
    ...(refusal === undefined ? [] : [refusalWords(refusal)]),
    ...apps.flatMap(({ failures }) => failures.map(failureWords)),
    ...noticed,
  ];
  return { isSame: changes.length === 0, changes, problems };
}

/** Why a purge was refused, and what can be done. */
export function refusalWords({ removals, own, maxPurge }: NonNullable<BridgePlan['refusal']>): string {
  const limit = `${Math.round(maxPurge * 100)} %`;
  return `a purge would remove ${removals} of ${own} own services, and at most ${limit} may go at once: nothing is removed; if it is right, --max-purge allows it`;
}

function plannedChange(app: string, action: BridgeAction): PlannedChange {
  switch (action.kind) {
    case 'register': {
      const { service, agent, because } = action;
      const { appId: _app, taskId: _task, host: _host, ...content } = service;
      return { action: 'register', app, on: service.id, agent: agent.host, because, content };
    }
    case 'deregister': {
      const { serviceId, agent, because } = action;
      return { action: 'deregister', app, on: serviceId, agent: agent.host, because, content: undefined };
    }
    case 'put_label':
      return { action: 'put_label', app, on: action.key, agent: undefined, because: undefined, content: action.value };
    case 'delete_label':
      return { action: 'delete_label', app, on: action.key, agent: undefined, because: undefined, content: undefined };
  }
}
