import { type ConfigLayer, type ConfigPath, layerOf } from './config-layer.ts';

/** A variable that sets a setting. */
interface EnvironmentRow {
  readonly variable: string;
  readonly path: ConfigPath;
  /** Turns the text into the setting's value; the schema judges the result. */
  readonly read: (text: string) => unknown;
}

const text = (value: string): unknown => value;
const list = (value: string): unknown =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
const number = (value: string): unknown => (/^\d+$/.test(value) ? Number(value) : value);

/** Variables of pilotfish itself; those of Consul are read by consul/environment.ts, by the rules of its CLI. */
export const ENVIRONMENT: readonly EnvironmentRow[] = [
  { variable: 'SERVICE_NAME', path: ['service', 'name'], read: text },
  { variable: 'SERVICE_PORT', path: ['service', 'port'], read: number },
  { variable: 'SERVICE_ADDRESS', path: ['service', 'address'], read: text },
  { variable: 'SERVICE_ID', path: ['service', 'id'], read: text },
  { variable: 'SERVICE_TAGS', path: ['service', 'tags'], read: list },
  {
    variable: 'PILOTFISH_PROXY_LISTEN',
    path: ['proxy', 'listen'],
    read: (value) => (value.includes(',') ? list(value) : value),
  },
  { variable: 'PILOTFISH_ADMIN_LISTEN', path: ['admin', 'listen'], read: text },
  { variable: 'PILOTFISH_SNAPSHOT_PATH', path: ['snapshot', 'path'], read: text },
  { variable: 'PILOTFISH_LOG_LEVEL', path: ['telemetry', 'logs', 'level'], read: text },
  { variable: 'PILOTFISH_LOG_FORMAT', path: ['telemetry', 'logs', 'format'], read: text },
];

/** The settings that the environment makes; empty variables count as unset. */
export function environmentLayer(environment: Readonly<Record<string, string | undefined>>): ConfigLayer {
  return layerOf(
    ENVIRONMENT.flatMap(({ variable, path, read }) => {
      const value = environment[variable];
      return value === undefined || value === '' ? [] : [{ path, value: read(value), where: `env ${variable}` }];
    }),
  );
}
