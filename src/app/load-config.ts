import type { z } from 'zod';
import { formatConsulAddress, parseConsulAddress } from '../consul/consul-address.ts';
import { closestName } from './closest-name.ts';
import type { Config, ServiceConfig } from './config.ts';
import { ConfigError, type ConfigProblem } from './config-error.ts';
import { type ConfigLayer, type ConfigPath, isSection, overlay, valueAt } from './config-layer.ts';
import { configSchema } from './config-schema.ts';
import { DEFAULT_CONFIG, DEFAULT_SERVICE } from './default-config.ts';
import { keysAt } from './schema-keys.ts';

/** An effective configuration and where each value came from. */
export interface LoadedConfig {
  readonly config: Config;
  /** Where the setting at `path` was said: `pilotfish.yaml:12:5`, `env SERVICE_NAME`, `--set`, or `default`. */
  originOf(path: ConfigPath): string;
}

/**
 * Lays the layers over the defaults, the later over the earlier, and checks the result.
 * @throws ConfigError that names every problem, with place and remedy
 */
export function loadConfig(layers: readonly ConfigLayer[]): LoadedConfig {
  const said = layers.reduce<unknown>((lower, { tree }) => overlay(lower, tree), {});
  const hasService = valueAt(said, ['service']) !== undefined;
  const tree = overlay(hasService ? { ...DEFAULT_CONFIG, service: DEFAULT_SERVICE } : DEFAULT_CONFIG, said);
  const result = configSchema.safeParse(tree, { reportInput: true });
  const whereIs = (path: ConfigPath, part: 'key' | 'value') => placeOf(layers, path, part);
  if (!result.success) {
    throw new ConfigError(result.error.issues.flatMap((issue) => problemsOf(issue, [], tree, whereIs)));
  }
  const problems = crossChecks(result.data, whereIs);
  if (problems.length > 0) throw new ConfigError(problems);
  return { config: withWholeAddress(result.data), originOf: (path) => whereIs(path, 'value') ?? 'default' };
}

/** The agent's address as a URL: `host:port` is fine in a file, as it is for Consul's own tools. */
function withWholeAddress(config: Config): Config {
  const address = formatConsulAddress(parseConsulAddress(config.consul.address));
  return { ...config, consul: { ...config.consul, address } };
}

type WhereIs = (path: ConfigPath, part: 'key' | 'value') => string | undefined;

/** The highest layer that says the setting, or failing that the nearest section around it, for things that are missing. */
function placeOf(layers: readonly ConfigLayer[], path: ConfigPath, part: 'key' | 'value'): string | undefined {
  for (const layer of layers.toReversed()) {
    const place = layer.whereIs(path, part);
    if (place !== undefined) return place;
  }
  return undefined;
}

function problemsOf(issue: z.core.$ZodIssue, base: ConfigPath, tree: unknown, whereIs: WhereIs): ConfigProblem[] {
  const path: ConfigPath = [...base, ...(issue.path as (string | number)[])];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const meant = closestName(key, keysAt(configSchema, path));
      const message = `unknown key${meant === undefined ? '' : ` (did you mean "${meant}"?)`}`;
      return problem([...path, key], message, 'key', whereIs);
    });
  }
  if (issue.code === 'invalid_key') {
    const message = issue.issues.map((inner) => inner.message).join(', ');
    return [problem(path, `expected ${message}`, 'key', whereIs)];
  }
  if (issue.code === 'invalid_union') {
    const branch = closestBranch(issue.errors, valueAt(tree, path));
    if (branch !== undefined) return branch.flatMap((inner) => problemsOf(inner, path, tree, whereIs));
  }
  const value = valueAt(tree, path);
  if (value === undefined) return [problem(path, 'is missing', 'key', whereIs)];
  return [problem(path, `${describe(issue, path)}, got ${shown(path, value)}`, 'value', whereIs)];
}

/** The alternative that the value was meant for: of those that take its kind, the one with the fewest complaints. */
function closestBranch(
  branches: readonly z.core.$ZodIssue[][],
  value: unknown,
): readonly z.core.$ZodIssue[] | undefined {
  if (!isSection(value) && !Array.isArray(value)) return undefined;
  return branches
    .filter((issues) =>
      issues.some(({ path, code }) => path.length > 0 || code === 'unrecognized_keys' || code === 'custom'),
    )
    .toSorted((one, other) => one.length - other.length)[0];
}

function describe(issue: z.core.$ZodIssue, path: ConfigPath): string {
  if (issue.code === 'invalid_value') {
    const meant = typeof issue.input === 'string' ? closestName(issue.input, issue.values.map(String)) : undefined;
    const choices = issue.values.map(String).join(', ');
    return `expected ${issue.values.length > 1 ? 'one of ' : ''}${choices}${meant === undefined ? '' : ` (did you mean "${meant}"?)`}`;
  }
  if (issue.code === 'invalid_union') {
    const wanted = issue.errors.flat().flatMap((inner) => (inner.path.length === 0 ? [describe(inner, path)] : []));
    return [...new Set(wanted)].join(' or ').replaceAll(' or expected ', ' or ');
  }
  if (issue.message.startsWith('Invalid input: '))
    return issue.message.slice('Invalid input: '.length).replace(/, received .*$/, '');
  if (/^(?:Too (?:small|big)|Invalid (?:option|string)): /.test(issue.message))
    return issue.message.replace(/^[^:]*: /, '');
  return issue.code === 'custom' && issue.path.length === 0 ? issue.message : `expected ${issue.message}`;
}

const SECRET = /token|auth|password|secret|headers/i;

/** The value as the message shows it: short, on one line, and never a secret. */
function shown(path: ConfigPath, value: unknown): string {
  if (path.some((key) => SECRET.test(String(key)))) return 'a value that is not shown';
  const text = JSON.stringify(value) ?? String(value);
  if (typeof value === 'object' && SECRET.test(text)) return 'a value that is not shown';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function problem(path: ConfigPath, message: string, part: 'key' | 'value', whereIs: WhereIs): ConfigProblem {
  let where: string | undefined;
  for (let length = path.length; length > 0 && where === undefined; length--) {
    where = whereIs(path.slice(0, length), length === path.length ? part : 'key');
  }
  return { where: where ?? 'configuration', path: path.join('.'), message };
}

const QUERY_DECIDES =
  'a prepared query says itself which instances: leave out service, tag, datacenter, failover and endpoints';

/** Whether Consul's check of the app can go to the sidecar instead; without any setting it is a path. */
function hasCheckByPath({ check, checks }: ServiceConfig): boolean {
  if (check === undefined && checks === undefined) return true;
  const all = checks ?? (check === 'none' || check === undefined ? [] : [check]);
  return all.some(({ http }) => http !== undefined && !/^https?:/i.test(http));
}

/** What one setting means for another. */
function crossChecks(config: Config, whereIs: WhereIs): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const add = (path: ConfigPath, message: string) => problems.push(problem(path, message, 'value', whereIs));
  if (config.service?.check !== undefined && config.service.checks !== undefined) {
    add(['service', 'checks'], 'say either check or checks, not both');
  }
  if (config.service?.healthListen !== undefined && !hasCheckByPath(config.service)) {
    const only =
      'only an http check by path can come to the sidecar: set check.http to a path, or leave healthListen out';
    add(['service', 'healthListen'], only);
  }
  if (config.consul.token !== undefined && config.consul.tokenFile !== undefined) {
    add(['consul', 'tokenFile'], 'say either token or tokenFile, not both');
  }
  const needsHashOn = 'ring-hash needs hashOn: header:NAME, cookie:NAME or source';
  if (config.defaults.policy === 'ring-hash' && config.defaults.hashOn === undefined) {
    add(['defaults', 'policy'], needsHashOn);
  }
  const addressFault = faultOf(() => parseConsulAddress(config.consul.address));
  if (addressFault !== undefined) add(['consul', 'address'], addressFault);
  for (const [name, upstream] of Object.entries(config.upstreams)) {
    const path = ['upstreams', name];
    if (upstream.protocol === 'tcp' && upstream.listen === undefined) {
      add([...path, 'protocol'], 'protocol tcp needs an own port: add listen: 127.0.0.1:PORT');
    }
    if (upstream.policy === 'ring-hash' && (upstream.hashOn ?? config.defaults.hashOn) === undefined) {
      add([...path, 'policy'], needsHashOn);
    }
    if (upstream.endpoints !== undefined && (upstream.tag ?? upstream.datacenter ?? upstream.failover) !== undefined) {
      add([...path, 'endpoints'], 'a fixed list has no tag, datacenter or failover: leave one out');
    }
    const { service, tag, datacenter, failover, endpoints } = upstream;
    if (upstream.preparedQuery !== undefined && (service ?? tag ?? datacenter ?? failover ?? endpoints) !== undefined) {
      add([...path, 'preparedQuery'], QUERY_DECIDES);
    }
    if ((upstream.tls?.cert === undefined) !== (upstream.tls?.key === undefined)) {
      add([...path, 'tls'], 'cert and key go together: say both or none');
    }
  }
  return problems;
}

function faultOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
