import { describe, expect, test } from 'vitest';
import { BridgeLife } from '../../support/marathon-bridge-life.ts';
import { strangers } from '../../support/marathon-bridge-strangers.ts';

/** `PILOTFISH_FULL=1`: the contract's 100 seeds of 50 apps × 20 tasks; `LIFE_SEED=N` plays one from N on. */
const FULL = process.env.PILOTFISH_FULL === '1';
const FIRST = Number(process.env.LIFE_SEED ?? 1);
const SEEDS = FULL ? 100 : 12;
const SIZE = FULL ? { apps: 50, tasks: 20, steps: 60 } : { apps: 12, tasks: 8, steps: 40 };

/** What Consul should have, told from the cluster alone: `node id name address port app`. */
function expectedServices({ marathon, consul }: BridgeLife): readonly string[] {
  return marathon
    .running()
    .map(({ id, appId, host, ports }) => {
      const name = appId.slice(1).split('/').join('-');
      const node = consul.nodes.find((each) => each.host === host)?.name;
      return [node, id, name, host, ports.length === 0 ? '-' : Math.min(...ports), appId].join(' ');
    })
    .toSorted();
}

function actualServices({ consul }: BridgeLife): readonly string[] {
  return consul.nodes
    .flatMap((node) =>
      [...node.services.values()]
        .filter(({ id }) => !strangers.ids.has(id))
        .map(({ id, name, address, port, tags = [] }) => {
          const [registration, app = '', ...more] = tags;
          const appId = app.replace('consular-app-id=', '');
          const isPlain = registration === 'consular-reg-id=consular' && more.length === 0;
          return [node.name, id, name, address, port ?? '-', isPlain ? appId : tags.join()].join(' ');
        }),
    )
    .toSorted();
}

function expectedLabels({ marathon }: BridgeLife): readonly string[] {
  const labels = [...marathon.cluster.apps.values()].flatMap((app) =>
    Object.entries(app.labels ?? {}).map(([label, value]) => {
      return `consular/${app.id.slice(1).split('/').join('-')}/${label} ${JSON.stringify(value)}`;
    }),
  );
  return [...labels, ...[...strangers.keys].map(([key, value]) => `${key} ${value}`)].toSorted();
}

describe('a scripted life of a cluster', () => {
  test.for(Array.from({ length: SEEDS }, (_, index) => FIRST + index))(
    'ends with Consul as Marathon says, and never takes the last healthy instance away (seed %i)',
    { timeout: 120_000 },
    async (seed) => {
      const life = new BridgeLife({ seed, ...SIZE });
      await life.play();
      expect(actualServices(life)).toEqual(expectedServices(life));
      expect([...life.consul.kv].map(([key, { value }]) => `${key} ${value}`).toSorted()).toEqual(expectedLabels(life));
      for (const node of life.consul.nodes) {
        expect([...strangers.ids].filter((id) => !node.services.has(id))).toEqual([]);
      }
      expect(life.watcher.violations).toEqual([]);
      const { writes } = life.consul;
      await life.clock.advance(65_000);
      expect(life.consul.writes).toBe(writes);
      await life.end();
    },
  );
});
