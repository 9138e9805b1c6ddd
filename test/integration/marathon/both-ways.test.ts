import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CallbackEvents, callbackUrl } from '../../../src/marathon/callback-events.ts';
import { CallbackListener } from '../../../src/marathon/callback-listener.ts';
import type { EventReport } from '../../../src/marathon/event-report.ts';
import type { MarathonNotice } from '../../../src/marathon/event-source.ts';
import { EventStream } from '../../../src/marathon/event-stream.ts';
import { EventSubscription } from '../../../src/marathon/event-subscription.ts';
import { MarathonClient } from '../../../src/marathon/marathon-client.ts';
import { MergedEvents } from '../../../src/marathon/merged-events.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { Tasks } from '../../../src/runtime/task.ts';
import { FakeMarathon } from '../../fakes/marathon/fake-marathon.ts';
import type { FakeVersion } from '../../fakes/marathon/marathon-version.ts';
import { until } from '../../support/until.ts';

let owned: AsyncDisposableStack;
let notices: MarathonNotice[];
let reports: EventReport[];

beforeEach(() => {
  owned = new AsyncDisposableStack();
  notices = [];
  reports = [];
});

afterEach(() => owned.disposeAsync());

async function hear(version: FakeVersion, ways: 'callback' | 'both'): Promise<FakeMarathon> {
  const marathon = owned.use(await FakeMarathon.start({ version }));
  const client = owned.use(new MarathonClient({ addresses: marathon.addresses }));
  const parts = {
    client,
    clock: systemClock,
    random: () => 0.5,
    onReport: (report: EventReport) => void reports.push(report),
  };
  const bind = { host: '127.0.0.1', port: 0 };
  const listener = owned.use(await CallbackListener.listen({ bind, registrationId: 'consular', ...parts }));
  const url = callbackUrl({ scheme: 'http', host: '127.0.0.1', port: listener.port }, 'consular');
  const callbacks = new CallbackEvents(listener, new EventSubscription({ ...parts, callbackUrl: url, everyMs: 50 }));
  const source = ways === 'both' ? new MergedEvents([new EventStream(parts), callbacks], systemClock) : callbacks;
  const tasks = owned.use(
    new Tasks((name, error) => {
      throw new Error(name, { cause: error });
    }),
  );
  tasks.start('events', (signal) => source.run(signal, (notice) => notices.push(notice)));
  return marathon;
}

const resyncs = (way: string) => notices.filter((notice) => notice.kind === 'resync' && notice.way === way).length;

function statesOf(taskId: string): string[] {
  return notices.flatMap((notice) => {
    if (notice.kind !== 'event' || notice.event.kind !== 'task-status') return [];
    return notice.event.taskId === taskId ? [notice.event.state] : [];
  });
}

describe('callbacks of a Marathon', () => {
  it.each<FakeVersion>(['0.15', '1.1', '1.4'])(
    'of version %s are subscribed, and tell what happens',
    async (version) => {
      const marathon = await hear(version, 'callback');
      await until('subscribed', async () => resyncs('callback') > 0);
      expect([...marathon.callbacks.urls]).toHaveLength(1);
      await marathon.callbacks.done();
      marathon.callbacks.forgive();
      const [task] = marathon.deploy({ id: '/web' });
      await marathon.callbacks.done();
      expect(statesOf(task?.id ?? '')).toContain('TASK_RUNNING');
      expect(marathon.callbacks.skipped).toBe(0);
    },
  );

  it('that Marathon lost are subscribed again, and a comparison asked for', async () => {
    const marathon = await hear('1.1', 'callback');
    await until('subscribed', async () => resyncs('callback') === 1);
    marathon.callbacks.urls.clear();
    await until('subscribed again', async () => resyncs('callback') === 2 && marathon.callbacks.urls.size === 1);
  });

  it('that Marathon held back are made good by a comparison', async () => {
    const marathon = await hear('1.1', 'callback');
    await until('subscribed', async () => resyncs('callback') === 1);
    await marathon.callbacks.done();
    expect(marathon.callbacks.deliveries).toMatchObject([{ eventType: 'subscribe_event', status: 400 }]);
    const [unheard] = marathon.deploy({ id: '/unheard' });
    await marathon.callbacks.done();
    expect(marathon.callbacks.skipped).toBeGreaterThan(0);
    expect(statesOf(unheard?.id ?? '')).toEqual([]);
    marathon.callbacks.forgive();
    marathon.deploy({ id: '/web' });
    await marathon.callbacks.done();
    expect(resyncs('callback')).toBe(2);
  });

  it('are not to be had from 1.5 on, which is told with what to use instead', async () => {
    await hear('1.5', 'callback');
    const failed = await until('a failure', async () => reports.find(({ kind }) => kind === 'subscription_failed'));
    expect(failed).toMatchObject({ error: { message: expect.stringContaining('use --events sse') } });
  });
});

describe('both ways', () => {
  it('tell each event once', async () => {
    const marathon = await hear('1.4', 'both');
    await until('both', async () => resyncs('sse') > 0 && resyncs('callback') > 0);
    await marathon.callbacks.done();
    marathon.callbacks.forgive();
    const [task] = marathon.deploy({ id: '/web' });
    await marathon.callbacks.done();
    marathon.kill(task?.id ?? '');
    await marathon.callbacks.done();
    await until('the stream', async () => statesOf(task?.id ?? '').includes('TASK_KILLED'));
    expect(statesOf(task?.id ?? '')).toEqual([
      'TASK_STAGING',
      'TASK_STARTING',
      'TASK_RUNNING',
      'TASK_KILLING',
      'TASK_KILLED',
    ]);
  });

  it('work by the stream alone where there are no callbacks', async () => {
    const marathon = await hear('1.8', 'both');
    await until('the stream', async () => resyncs('sse') > 0);
    const [task] = marathon.deploy({ id: '/web' });
    await until('running', async () => statesOf(task?.id ?? '').includes('TASK_RUNNING'));
  });
});
