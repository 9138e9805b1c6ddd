import { expect, test } from 'vitest';
import { BridgeStage } from '../../support/marathon-bridge-stage.ts';
import { registryKinds } from '../../support/registries.ts';

for (const kind of registryKinds.filter(({ isHere }) => isHere)) {
  test(`a second sync writes nothing (${kind.name})`, async () => {
    await using stage = await BridgeStage.start(kind);
    stage.marathon.deploy({
      id: '/group/web',
      instances: 3,
      labels: { team: 'web', 'x y/ü"': 'q"é' },
      ports: [{}, {}],
      healthChecks: [{ protocol: 'HTTP', path: '/health', portIndex: 0 }, { protocol: 'TCP' }],
    });
    stage.marathon.deploy({ id: '/plain', instances: 2, ports: [] });
    await stage.run();
    const writes = stage.writes.length;
    await stage.sync();
    expect(stage.writes.slice(writes)).toEqual([]);
    expect(writes).toBe(7);
  });
}
