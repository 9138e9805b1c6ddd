import { CodedError } from '../runtime/coded-error.ts';
import type { CheckSettings, ServiceSettings } from './service-settings.ts';

/** Consul's limits (docs/consul-client.md 22): it refuses what is beyond. */
const MAX_META_PAIRS = 64;
const MAX_META_KEY = 128;
const MAX_META_VALUE = 512;
const MAX_WEIGHT = 65_535;
/** A DNS label, which a service's name and tags become in `<tag>.<name>.service.consul`. */
const MAX_LABEL = 63;
const LABEL = /^[A-Za-z0-9-]+$/;
/** Consul's floors: less is silently raised. */
const MIN_INTERVAL_MS = 1000;
const MIN_DEREGISTER_AFTER_MS = 60_000;

/**
 * Holds the settings against Consul's rules before Consul does, so that the error names the setting.
 * @returns warnings: what works, but probably not as it is meant
 * @throws CodedError `invalid_registration`
 */
export function checkServiceRules(settings: ServiceSettings): readonly string[] {
  const { name, port, tags, weights, checks } = settings;
  if (name === '') throw broken(settings, 'name', 'is empty', 'give the service a name');
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw broken(settings, `port ${port}`, 'is not from 1 to 65535', 'set the port on which the app listens');
  }
  checkMeta(settings);
  if (tags.includes('')) throw broken(settings, 'tags', 'hold an empty one', 'leave it out');
  checkWeight(settings, 'passing', weights.passing, 1);
  checkWeight(settings, 'warning', weights.warning, 0);
  const ids = checks.map(({ id }) => id).filter((id) => id !== undefined);
  if (new Set(ids).size < ids.length) throw broken(settings, 'checks', 'share an id', 'give each its own, or none');
  return [...nameWarnings(name), ...checkWarnings(checks)];
}

function checkMeta(settings: ServiceSettings): void {
  const { meta } = settings;
  if (meta.size > MAX_META_PAIRS) {
    throw broken(settings, 'meta', `has ${meta.size} pairs, Consul takes ${MAX_META_PAIRS}`, 'leave some out');
  }
  for (const [key, value] of meta) {
    const where = `meta key "${key}"`;
    if (key.length > MAX_META_KEY || !/^[A-Za-z0-9_-]+$/.test(key)) {
      throw broken(settings, where, `is not 1 to ${MAX_META_KEY} of A-Z a-z 0-9 _ -`, 'rename it');
    }
    if (key.startsWith('consul-'))
      throw broken(settings, where, 'begins with consul-, which Consul keeps', 'rename it');
    if (value.length > MAX_META_VALUE) {
      throw broken(settings, where, `has ${value.length} characters, Consul takes ${MAX_META_VALUE}`, 'shorten it');
    }
  }
}

function checkWeight(settings: ServiceSettings, which: string, weight: number, least: number): void {
  if (Number.isInteger(weight) && weight >= least && weight <= MAX_WEIGHT) return;
  const rule = `is not a whole number from ${least} to ${MAX_WEIGHT}`;
  throw broken(settings, `weights.${which} ${weight}`, rule, 'change it');
}

function nameWarnings(name: string): readonly string[] {
  if (LABEL.test(name) && name.length <= MAX_LABEL) return [];
  return [
    `service name "${name}" is not 1 to ${MAX_LABEL} of A-Z a-z 0-9 and -: it cannot be found by DNS; rename the service`,
  ];
}

function checkWarnings(checks: readonly CheckSettings[]): readonly string[] {
  if (checks.length === 0) {
    return ['the service has no health check: it counts as passing even when the app is dead; set check'];
  }
  return checks.flatMap((check) => {
    const warnings: string[] = [];
    if (check.kind !== 'ttl' && check.intervalMs < MIN_INTERVAL_MS) {
      warnings.push(`check interval ${check.intervalMs} ms: Consul raises it to ${MIN_INTERVAL_MS} ms`);
    }
    if (check.deregisterAfterMs < MIN_DEREGISTER_AFTER_MS) {
      warnings.push(`deregisterAfter ${check.deregisterAfterMs} ms: Consul raises it to ${MIN_DEREGISTER_AFTER_MS} ms`);
    }
    return warnings;
  });
}

function broken({ name }: ServiceSettings, what: string, rule: string, remedy: string): CodedError {
  return new CodedError(`service "${name}": ${what} ${rule}; ${remedy}`, {
    code: 'invalid_registration',
    side: 'internal',
    retryable: false,
  });
}
