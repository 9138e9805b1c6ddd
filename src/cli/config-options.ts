import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { environmentLayer } from '../app/config-environment.ts';
import { readConfigFile } from '../app/config-file.ts';
import { type FlagSetting, flagLayer, parseSetFlag } from '../app/config-flags.ts';
import type { ConfigLayer } from '../app/config-layer.ts';
import { consulEnvironmentLayer } from '../app/consul-environment.ts';
import { type LoadedConfig, loadConfig } from '../app/load-config.ts';

/** Read when no `-c` says otherwise and it is there. */
const DEFAULT_FILE = 'pilotfish.yaml';

/** Flags that are short for a setting. */
const SHORTHANDS: readonly {
  readonly flags: string;
  readonly key: string;
  readonly path: readonly string[];
  readonly text: string;
}[] = [
  { flags: '--name <name>', key: 'name', path: ['service', 'name'], text: 'service name of the app' },
  { flags: '--port <port>', key: 'port', path: ['service', 'port'], text: 'port of the app' },
  { flags: '--address <address>', key: 'address', path: ['service', 'address'], text: 'where others reach the app' },
  { flags: '--id <id>', key: 'id', path: ['service', 'id'], text: 'service id' },
  { flags: '--tag <tag...>', key: 'tag', path: ['service', 'tags'], text: 'service tags' },
  { flags: '--consul <address>', key: 'consul', path: ['consul', 'address'], text: 'address of the Consul agent' },
  {
    flags: '--proxy-listen <address...>',
    key: 'proxyListen',
    path: ['proxy', 'listen'],
    text: 'where the app calls others',
  },
  {
    flags: '--admin-listen <address>',
    key: 'adminListen',
    path: ['admin', 'listen'],
    text: 'health, metrics, dashboard, API',
  },
  {
    flags: '--log-level <level>',
    key: 'logLevel',
    path: ['telemetry', 'logs', 'level'],
    text: 'debug, info, warn or error',
  },
  {
    flags: '--log-format <format>',
    key: 'logFormat',
    path: ['telemetry', 'logs', 'format'],
    text: 'auto, json or pretty',
  },
];

/** What commander makes of the flags that {@link addConfigOptions} adds. */
export type ConfigFlags = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Adds the flags by which a command takes its configuration. */
export function addConfigOptions(command: Command): Command {
  command.addOption(
    new Option(
      '-c, --config <file...>',
      `configuration file, repeatable and merged (default: ${DEFAULT_FILE} if it is there)`,
    ),
  );
  for (const { flags, text } of SHORTHANDS) command.addOption(new Option(flags, text));
  return command.addOption(
    new Option('--set <path=value...>', 'any other setting, for example --set defaults.policy=random'),
  );
}

/**
 * The configuration that flags, environment and files make; can be called again (on SIGHUP), then the files are read anew.
 * @param kv the settings that are kept in Consul's KV, once they are known
 * @throws ConfigError
 */
export function configFromFlags(flags: ConfigFlags, kv?: ConfigLayer | undefined): LoadedConfig {
  const files = flags.config === undefined ? (existsSync(DEFAULT_FILE) ? [DEFAULT_FILE] : []) : [flags.config].flat();
  const settings = SHORTHANDS.flatMap(({ flags: names, key, path }): FlagSetting[] => {
    const value = flags[key];
    if (value === undefined) return [];
    return [
      {
        path,
        value: key === 'port' && /^\d+$/.test(String(value)) ? Number(value) : value,
        where: names.split(' ')[0] ?? '',
      },
    ];
  });
  const set = [flags.set ?? []].flat().map(parseSetFlag);
  return loadConfig([
    ...files.map(readConfigFile),
    ...(kv === undefined ? [] : [kv]),
    consulEnvironmentLayer(process.env),
    environmentLayer(process.env),
    flagLayer([...settings, ...set]),
  ]);
}
