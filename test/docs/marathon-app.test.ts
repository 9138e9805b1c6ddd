import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { expect, it } from 'vitest';
import { type MarathonFlags, marathonSettings } from '../../src/app/marathon/marathon-settings.ts';
import { addMarathonFlags, applyEnvironment } from '../../src/cli/marathon-flags.ts';

const FILE = 'deploy/marathon/pilotfish-marathon.json';

interface MarathonAppJson {
  readonly cmd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly portDefinitions: readonly object[];
  readonly healthChecks: readonly { readonly path: string; readonly portIndex: number }[];
}

it('the app by which Marathon runs the bridge itself has flags and variables that the bridge takes', () => {
  const app = JSON.parse(readFileSync(FILE, 'utf8')) as MarathonAppJson;
  const variables = new Map([
    ['HOST', 'slave-1.example'],
    ['PORT0', '31000'],
    ['PORT1', '31001'],
  ]);
  const words = app.cmd.replace(/\$([A-Z0-9]+)/g, (_, name: string) => variables.get(name) ?? 'none').split(' ');
  const command = addMarathonFlags(new Command('marathon')).exitOverride();
  command.parse(words.slice(words.indexOf('marathon') + 1), { from: 'user' });
  applyEnvironment(command, app.env);
  expect(command.opts()).toMatchObject({ adminListen: '0.0.0.0:31001' });
  expect(marathonSettings(command.opts<MarathonFlags>(), app.env)).toMatchObject({
    listen: { host: '0.0.0.0', port: 31_000 },
    advertised: { scheme: 'http', host: 'slave-1.example', port: 31_000 },
    marathon: { addresses: ['http://marathon-1.example:8080', 'http://marathon-2.example:8080'] },
    consul: { address: 'http://consul.example:8500' },
    bridge: { syncIntervalMs: 300_000, purge: true },
  });
  const known = new Set(command.options.flatMap(({ description }) => /\(env (\w+)\)/.exec(description)?.[1] ?? []));
  expect(Object.keys(app.env).filter((name) => name.startsWith('PILOTFISH_') && !known.has(name))).toEqual([]);
  expect(app.healthChecks).toMatchObject([{ path: '/healthz', portIndex: 1 }]);
  expect(app.portDefinitions).toHaveLength(2);
});
