import { parse } from 'yaml';
import { ConfigError } from './config-error.ts';
import { type ConfigLayer, type ConfigPath, layerOf } from './config-layer.ts';

/** One setting said on the command line. */
export interface FlagSetting {
  readonly path: ConfigPath;
  readonly value: unknown;
  /** The flag, for errors and `config show`. */
  readonly where: string;
}

/** The settings that flags make, over everything else. */
export function flagLayer(settings: readonly FlagSetting[]): ConfigLayer {
  return layerOf(settings);
}

/**
 * Reads `--set upstreams.payments.policy=random`: a dotted path, and a value as YAML would read it.
 * @throws ConfigError when there is no `=`, no path, or the value is no YAML
 */
export function parseSetFlag(text: string): FlagSetting {
  const where = `--set ${text.split('=')[0]}`;
  const match = /^([^=]+)=(.*)$/s.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) {
    throw new ConfigError([{ where: '--set', path: '', message: `expected path=value, got ${JSON.stringify(text)}` }]);
  }
  try {
    return { path: match[1].split('.'), value: parse(match[2]), where };
  } catch (error) {
    const message = `not a YAML value: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`;
    throw new ConfigError([{ where, path: match[1], message }]);
  }
}
