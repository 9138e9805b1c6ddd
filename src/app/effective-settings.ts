import { type ConfigPath, isSection } from './config-layer.ts';
import type { LoadedConfig } from './load-config.ts';

/** One effective setting, for people to read. */
export interface EffectiveSetting {
  /** Dotted: `proxy.listen`. */
  readonly path: string;
  /** As it is in force; secrets read `(hidden)`. */
  readonly value: unknown;
  /** `default`, `pilotfish.yaml:12:5`, `env SERVICE_NAME`, `--set proxy.listen`. */
  readonly origin: string;
}

const SECRETS = new Set(['token', 'auth']);

/** Every setting in force and where it came from, in the order of the schema. */
export function effectiveSettings(loaded: LoadedConfig): readonly EffectiveSetting[] {
  const settings: EffectiveSetting[] = [];
  const walk = (value: unknown, path: ConfigPath): void => {
    if (value === undefined) return;
    if (isSection(value) && Object.keys(value).length > 0) {
      for (const [key, child] of Object.entries(value)) walk(child, [...path, key]);
      return;
    }
    const secret = SECRETS.has(String(path.at(-1)));
    settings.push({ path: path.join('.'), value: secret ? '(hidden)' : value, origin: loaded.originOf(path) });
  };
  walk(loaded.config, []);
  return settings;
}
