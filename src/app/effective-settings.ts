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
const HIDDEN = '(hidden)';

/** Every setting in force and where it came from, in the order of the schema. */
export function effectiveSettings(loaded: LoadedConfig): readonly EffectiveSetting[] {
  const settings: EffectiveSetting[] = [];
  const walk = (value: unknown, path: ConfigPath): void => {
    if (value === undefined) return;
    if (isSection(value) && Object.keys(value).length > 0) {
      for (const [key, child] of Object.entries(value)) walk(child, [...path, key]);
      return;
    }
    settings.push({ path: path.join('.'), value: withoutSecrets(value, path), origin: loaded.originOf(path) });
  };
  walk(loaded.config, []);
  return settings;
}

/** Tokens and passwords, and the headers that a check sends, in which there may be one. */
function withoutSecrets(value: unknown, path: ConfigPath): unknown {
  if (SECRETS.has(String(path.at(-1))) || path.at(-2) === 'headers') return HIDDEN;
  if (Array.isArray(value)) return value.map((item, index) => withoutSecrets(item, [...path, index]));
  if (!isSection(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, withoutSecrets(child, [...path, key])]));
}
