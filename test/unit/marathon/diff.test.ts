import { describe, expect, it } from 'vitest';
import type { ActualState, FoundService } from '../../../src/marathon/actual-state.ts';
import { type AppView, absentView, unreadView, viewOfApp } from '../../../src/marathon/app-view.ts';
import type { AgentPlace, BridgePlan } from '../../../src/marathon/bridge-action.ts';
import { desiredState } from '../../../src/marathon/desired-state.ts';
import { diff } from '../../../src/marathon/diff.ts';
import type { DiffInput } from '../../../src/marathon/diff-input.ts';
import { ownerFlags } from '../../../src/marathon/labels.ts';
import { appOf, taskOf } from '../../support/marathon-bridge-app.ts';

const rules = { registrationId: 'consular', healthChecks: true };
const place = (host: string): AgentPlace => ({ key: host, host, isKnown: true });
const OWN = ownerFlags('consular');

/** `/web` with these tasks running, and as many wanted. */
function web(taskIds: readonly string[], more: object = {}): AppView {
  const app = appOf({ instances: taskIds.length, ...more });
  return viewOfApp(
    app,
    taskIds.map((id) => taskOf({ id })),
  );
}

/** A service as `taskOf` is registered. */
function found(id: string, more: Partial<FoundService> = {}): FoundService {
  return {
    ...{
      id,
      name: 'web',
      tags: ['consular-reg-id=consular', 'consular-app-id=/web'],
      address: 'mesos-1',
      port: 31_001,
    },
    ...{ checkIds: new Set<string>(), appId: '/web', agent: place('mesos-1') },
    ...more,
  };
}

function actualOf(
  services: readonly FoundService[],
  labels: readonly (readonly [string, string, bigint])[] = [],
): ActualState {
  const all = labels.map(([key, value, flags]) => ({
    key,
    name: key.split('/')[1] ?? '',
    value: Buffer.from(value),
    flags,
  }));
  return { services, labelsByName: Map.groupBy(all, ({ name }) => name) };
}

/** The plan, and each action in a few words. */
function planOf(
  views: readonly AppView[],
  actual: ActualState,
  more: Partial<DiffInput> = {},
): { plan: BridgePlan; lines: readonly string[] } {
  const plan = diff({
    desired: desiredState(views, rules),
    actual,
    agents: { placeOf: place, unreadable: () => undefined, main: place('main') },
    settings: { registrationId: 'consular', purge: true, maxPurge: 0.5, fallback: true },
    evidence: { endedTasks: new Set(), endedApps: new Set(), unreachableTasks: new Set(), unconfirmedTasks: new Set() },
    ...{ isWhole: true, isMarathonWhole: true, ownElsewhere: 0 },
    ...more,
  });
  const lines = plan.apps.flatMap(({ actions }) =>
    actions.map((action) => {
      if (action.kind === 'register') return `register ${action.service.id} on ${action.agent.host}: ${action.because}`;
      if (action.kind === 'deregister')
        return `deregister ${action.serviceId} on ${action.agent.host}: ${action.because}`;
      return `${action.kind} ${action.key}`;
    }),
  );
  return { plan, lines };
}

describe('what is to be written', () => {
  it('nothing, when all is as it should be, in whatever order tags are', () => {
    const tags = ['consular-app-id=/web', 'consular-reg-id=consular'];
    const labels = [['consular/web/a', '"caf\\u00e9"', 0n]] as const;
    const { plan } = planOf([web(['t1'], { labels: { a: 'café' } })], actualOf([found('t1', { tags })], labels));
    expect(plan).toEqual({ apps: [], refusal: undefined, clashes: [] });
  });

  it.each([
    ['name', { name: 'other' }],
    ['address', { address: '10.0.0.1' }],
    ['port', { port: 1 }],
    ['port', { port: undefined }],
    ['tags', { tags: ['consular-reg-id=consular', 'consular-app-id=/web', 'more'] }],
    ['checks', { checkIds: new Set(['t1:check-0-old']) }],
  ])('a registration again, when its %s differs', (because, difference) => {
    expect(planOf([web(['t1'])], actualOf([found('t1', difference)])).lines).toEqual([
      `register t1 on mesos-1: ${because}`,
    ]);
  });

  it('nothing for checks of others, and a check that is missing', () => {
    const checkIds = new Set(['_service_maintenance:t1', 'by-hand']);
    expect(planOf([web(['t1'])], actualOf([found('t1', { checkIds })])).lines).toEqual([]);
    const healthChecks = [{ protocol: 'TCP' }];
    expect(planOf([web(['t1'], { healthChecks })], actualOf([found('t1', { checkIds })])).lines).toHaveLength(1);
  });

  it('new registrations before removals, and labels last', () => {
    const actual = actualOf([found('old')], [['consular/web/gone', '"x"', 0n]]);
    expect(planOf([web(['t1'], { labels: { a: '1' } })], actual).lines).toEqual([
      'register t1 on mesos-1: new',
      'deregister old on mesos-1: not_running',
      'put_label consular/web/a',
      'delete_label consular/web/gone',
    ]);
  });

  it('a service on an agent where it does not belong goes, once it is where it does', () => {
    const elsewhere = found('t1', { agent: place('main') });
    expect(planOf([web(['t1'])], actualOf([elsewhere])).lines).toEqual([
      'register t1 on mesos-1: elsewhere',
      'deregister t1 on main: elsewhere',
    ]);
    expect(planOf([web(['t1'])], actualOf([elsewhere, found('t1')])).lines).toEqual([
      'deregister t1 on main: elsewhere',
    ]);
    const some = { isWhole: false, isMarathonWhole: false };
    expect(planOf([web(['t1'])], actualOf([elsewhere, found('t1')]), some).lines).toEqual([]);
  });

  it('an agent that cannot be read: the main one in its place, or a failure without a fallback', () => {
    const error = new Error('refused');
    const agents = {
      placeOf: place,
      unreadable: ({ key }: AgentPlace) => (key === 'mesos-1' ? error : undefined),
      main: place('main'),
    };
    expect(planOf([web(['t1'])], actualOf([]), { agents }).lines).toEqual(['register t1 on main: new']);
    expect(planOf([web(['t1'])], actualOf([found('t1', { agent: place('main') })]), { agents }).lines).toEqual([]);
    const settings = { registrationId: 'consular', purge: true, maxPurge: 0.5, fallback: false };
    const { plan } = planOf([web(['t1'])], actualOf([]), { agents, settings });
    expect(plan.apps).toMatchObject([
      { appId: '/web', actions: [], failures: [{ doing: 'register', on: 't1', error }] },
    ]);
  });
});

describe('a purge', () => {
  const gone = (count: number) =>
    Array.from({ length: count }, (_, index) => found(`gone-${index}`, { appId: '/gone' }));
  const settings = { registrationId: 'consular', purge: true, maxPurge: 0.5, fallback: true };

  it('takes up to the share of all own services, the new ones counted, and nothing above it', () => {
    expect(planOf([web(['t1', 't2'])], actualOf(gone(2))).lines).toHaveLength(4);
    const refused = planOf([web(['t1', 't2'])], actualOf(gone(3), [['consular/gone/a', '"x"', OWN]]));
    expect(refused.lines).toEqual(['register t1 on mesos-1: new', 'register t2 on mesos-1: new']);
    expect(refused.plan.refusal).toEqual({ removals: 3, own: 5, maxPurge: 0.5 });
    expect(planOf([], actualOf(gone(3)), { settings: { ...settings, maxPurge: 1 } }).lines).toHaveLength(3);
  });

  it('is not held by what other apps have when only some are looked at', () => {
    const some = { isWhole: false, isMarathonWhole: false };
    const views = [absentView('/gone')];
    expect(planOf(views, actualOf(gone(3)), { ...some, ownElsewhere: 3 }).lines).toHaveLength(3);
    expect(planOf(views, actualOf(gone(3)), { ...some, ownElsewhere: 2 }).plan.refusal).toBeDefined();
  });

  it('needs no share for what events prove, nor for apps of which Marathon shows all', () => {
    const none = {
      endedTasks: new Set<string>(),
      endedApps: new Set<string>(),
      unreachableTasks: new Set<string>(),
      unconfirmedTasks: new Set<string>(),
    };
    const evidence = { ...none, endedTasks: new Set(['gone-0']) };
    expect(planOf([], actualOf(gone(1)), { evidence }).lines).toHaveLength(1);
    expect(
      planOf([absentView('/gone')], actualOf(gone(3)), { evidence: { ...none, endedApps: new Set(['/gone']) } }).lines,
    ).toHaveLength(3);
    const stale = ['a', 'b', 'c', 'd'].map((id) => found(id));
    expect(planOf([web(['t1'])], actualOf(stale)).lines).toHaveLength(5);
    expect(planOf([web([], { instances: 0 })], actualOf(stale)).lines).toHaveLength(4);
    expect(planOf([web([], { instances: 4 })], actualOf(stale)).plan.refusal).toBeDefined();
  });

  it('is no purge without the setting, but for what events prove', () => {
    const evidence = {
      endedTasks: new Set(['gone-1']),
      endedApps: new Set<string>(),
      unreachableTasks: new Set<string>(),
      unconfirmedTasks: new Set<string>(),
    };
    const without = { settings: { ...settings, purge: false }, evidence };
    expect(planOf([web(['t1', 't2'])], actualOf([found('t1'), found('t2'), ...gone(2)]), without).lines).toEqual([
      'deregister gone-1 on mesos-1: app_gone',
    ]);
  });

  it('leaves alone what could not be read, starts, or cannot be reached while nothing else runs', () => {
    const actual = actualOf([found('t1'), found('t2')], [['consular/web/a', '"x"', OWN]]);
    expect(planOf([unreadView('/web', new Error('garbled'))], actual).lines).toEqual([]);
    const view = (states: readonly string[]) =>
      viewOfApp(
        appOf({ labels: { a: 'x' }, instances: 2 }),
        states.map((state, index) => taskOf({ id: `t${index + 1}`, state })),
      );
    expect(planOf([view(['TASK_STAGING', 'TASK_ODD'])], actual).lines).toEqual([]);
    expect(planOf([view(['TASK_UNREACHABLE', 'TASK_UNREACHABLE'])], actual).lines).toEqual([]);
    expect(planOf([view(['TASK_RUNNING', 'TASK_UNREACHABLE'])], actual).lines).toEqual([
      'deregister t2 on mesos-1: unreachable',
    ]);
    expect(planOf([], actual, { isMarathonWhole: false }).lines).toEqual([]);
  });
});

describe('labels', () => {
  it('of other bridges are never deleted, nor those of nobody once the app is gone and was not this bridge’s', () => {
    const labels = [
      ['consular/web/own', '"x"', OWN],
      ['consular/web/consulars', '"x"', 0n],
      ['consular/web/theirs', '"x"', 7n],
      ['consular/gone/own', '"x"', OWN],
      ['consular/gone/theirs', '"x"', 7n],
      ['consular/nobody/consulars', '"x"', 0n],
      ['consular/was-own/consulars', '"x"', 0n],
    ] as const;
    const left = found('t9', { appId: '/was-own' });
    expect(planOf([web(['t1'])], actualOf([found('t1'), left], labels)).lines.toSorted()).toEqual([
      'delete_label consular/gone/own',
      'delete_label consular/was-own/consulars',
      'delete_label consular/web/consulars',
      'delete_label consular/web/own',
      'deregister t9 on mesos-1: app_gone',
    ]);
  });

  it('stay when they cannot be read', () => {
    const actual = { services: [found('t1')], labelsByName: undefined };
    expect(planOf([web(['t1'], { labels: { a: '1' } })], actual).lines).toEqual([]);
  });
});
