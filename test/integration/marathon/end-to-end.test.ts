import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/runtime/random.ts';
import { CliProcess } from '../../support/cli-process.ts';
import { registries } from '../../support/discovery-registry.ts';
import { bridgeFacts, MarathonStage } from '../../support/marathon-stage.ts';
import { ServingTasks } from '../../support/marathon-tasks.ts';
import { until } from '../../support/until.ts';

/** Twice the session's TTL of 10 s, and a lock delay of 6 s; with room for a slow machine. */
const TAKEOVER_MS = 60_000;

describe.each(registries)('Marathon, bridge and sidecar on $name', ({ start }) => {
  let stage: MarathonStage;
  beforeEach(async () => {
    stage = await MarathonStage.start(start);
  });
  afterEach(async () => {
    await stage?.[Symbol.asyncDispose]();
  });

  const runningIds = () => stage.marathon.tasks().map(({ id }) => id);
  const deployMany = (apps: number, instances: number) => {
    for (let number = 1; number <= apps; number++)
      stage.marathon.deploy({ id: `/many/app-${number}`, instances, labels: { number: String(number) }, ports: [{}] });
  };

  it('a task that runs gets requests through a sidecar, and one that ends gets no more', async () => {
    await using tasks = new ServingTasks(stage.marathon);
    stage.marathon.define({ id: '/shop/orders', instances: 2, ports: [{}] });
    const first = await tasks.launch('/shop/orders');
    await stage.bridge();
    await using sidecar = new CliProcess([
      'run',
      ...['--consul', stage.registry.address, '--proxy-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'],
    ]);
    const { proxyUrl } = await sidecar.ready();
    const call = async () => {
      const answer = await fetch(`${proxyUrl}/shop-orders/`);
      return { status: answer.status, text: await answer.text() };
    };
    stage.marathon.start(first);
    await until('the first task answers', async () => (await call()).text === first);
    const second = await tasks.launch('/shop/orders');
    stage.marathon.start(second);
    await until('the second task answers', async () => (await call()).text === second);

    stage.marathon.kill(first);
    await until('only the second answers', async () => {
      const answers = [await call(), await call(), await call()];
      return answers.every(({ status, text }) => status === 200 && text === second);
    });
    await tasks.end(first);
    for (let count = 0; count < 5; count++) expect(await call()).toEqual({ status: 200, text: second });
  });

  it('a bridge that is killed in the middle of a sync leaves nothing that the next one does not put right', async () => {
    deployMany(40, 5);
    const { process } = await stage.bridge(['--purge', '--no-elect']);
    await until('it has begun', async () => (await stage.services()).length > 10);
    process.signal('SIGKILL');
    await process.ended;
    stage.marathon.destroy('/many/app-1');
    stage.marathon.scale('/many/app-2', 1);
    await stage.bridge(['--purge', '--no-elect']);
    await stage.untilServices(runningIds());
    await until('the labels', async () => Object.keys(await stage.labels()).length === 39);
    expect(await stage.plan(['--purge'])).toMatchObject({ code: 0, stderr: 'no change\n' });
  });

  it('ten bridges that are killed at any moment, while apps come, change and go, leave nothing to the eleventh but work', async () => {
    const random = seededRandom(7);
    const pick = (count: number) => Math.floor(random() * count) + 1;
    deployMany(12, 3);
    for (let kill = 0; kill < 10; kill++) {
      const { process } = await stage.bridge(['--purge', '--no-elect']);
      for (let change = 0; change < 6; change++) {
        const id = `/many/app-${pick(12)}`;
        if (!stage.marathon.cluster.apps.has(id))
          stage.marathon.deploy({ id, instances: pick(4), labels: { kill: String(kill) }, ports: [{}] });
        else if (random() < 0.3) stage.marathon.destroy(id);
        else if (random() < 0.5) stage.marathon.scale(id, pick(5));
        else stage.marathon.update(id, { labels: { change: String(change) } });
        await new Promise((resolve) => setTimeout(resolve, random() * 60));
      }
      process.signal('SIGKILL');
      await process.ended;
    }
    await stage.bridge(['--purge', '--no-elect']);
    await stage.untilServices(runningIds());
    await until('no change is left', async () => (await stage.plan(['--purge'])).code === 0);
    expect(await stage.plan(['--purge'])).toMatchObject({ code: 0, stderr: 'no change\n' });
  });

  it('another bridge takes over when the one that leads is killed, and misses nothing', async () => {
    deployMany(3, 2);
    const [one, other] = [await stage.bridge(['--purge']), await stage.bridge(['--purge'])];
    await stage.untilServices(runningIds());
    expect((await bridgeFacts(one.adminUrl)).role).toBe('leading');
    one.process.signal('SIGKILL');
    await one.process.ended;
    stage.marathon.destroy('/many/app-1');
    stage.marathon.scale('/many/app-2', 4);
    await until('it leads', async () => (await bridgeFacts(other.adminUrl)).role === 'leading', TAKEOVER_MS);
    await stage.untilServices(runningIds());
  }, 90_000);

  it('waits for a Marathon that is not there at the start, says so, and begins when it is', async () => {
    deployMany(2, 2);
    await stage.marathon.stop();
    const { adminUrl } = await stage.bridge();
    const ready = await until('it is not ready, because of Marathon', async () => {
      const answer = await fetch(`${adminUrl}/readyz`);
      const text = await answer.text();
      return answer.status === 503 && text.includes('could not be compared') && text;
    });
    expect(ready).toContain('/v2/apps');
    expect(await (await fetch(`${adminUrl}/healthz`)).json()).toMatchObject({ status: 'alive' });
    await stage.marathon.resume();
    await stage.untilServices(runningIds());
    await until('it is ready', async () => (await fetch(`${adminUrl}/readyz`)).status === 200);
  });

  it('waits for Consul at the start, and puts everything back after Consul was away and lost it all', async () => {
    deployMany(2, 2);
    await stage.registry.kill();
    const { adminUrl } = await stage.bridge();
    await until('it waits for Consul', async () =>
      (await (await fetch(`${adminUrl}/readyz`)).text()).includes('waiting for Consul'),
    );
    await stage.registry.resume();
    await stage.untilServices(runningIds());
    await stage.registry.kill();
    stage.marathon.scale('/many/app-1', 4);
    stage.marathon.scale('/many/app-2', 1);
    await stage.registry.resume();
    await until(
      'everything is back',
      async () => {
        const ids = (await stage.services()).map(({ ID }) => ID).sort();
        return ids.join() === runningIds().sort().join();
      },
      TAKEOVER_MS,
    );
  }, 90_000);
});
