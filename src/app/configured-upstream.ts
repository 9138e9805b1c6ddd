import { readFileSync } from 'node:fs';
import type { ProbeSettings } from '../upstream/probe-settings.ts';
import type { UpstreamHttp2 } from '../upstream/upstream-http2.ts';
import type { UpstreamName } from '../upstream/upstream-name.ts';
import type { HashOn, UpstreamSettings, UpstreamTls } from '../upstream/upstream-settings.ts';
import type { Config, TlsConfig, UpstreamConfig, UpstreamDefaults } from './config.ts';
import { ConfigError } from './config-error.ts';
import { overlay } from './config-layer.ts';
import { durationMs, share, sizeBytes } from './units.ts';

/** Settings of upstreams without an entry, by the defaults they follow from: a thousand of them share what is in these. */
const plainSettings = new WeakMap<UpstreamDefaults, UpstreamSettings>();

/** Settings of the upstream called `name`: what its own entry says, over the defaults. */
export function configuredUpstream(config: Pick<Config, 'defaults' | 'upstreams'>, name: string): UpstreamSettings {
  const own = Object.hasOwn(config.upstreams, name) ? config.upstreams[name] : undefined;
  if (own !== undefined) return overlaid(config.defaults, own, name);
  let plain = plainSettings.get(config.defaults);
  if (plain === undefined) {
    plain = overlaid(config.defaults, {}, name);
    plainSettings.set(config.defaults, plain);
  }
  return { ...plain, name, query: { ...plain.query, service: name } };
}

function overlaid(defaults: UpstreamDefaults, own: UpstreamConfig, name: string): UpstreamSettings {
  const all = overlay(defaults, own) as UpstreamDefaults & UpstreamConfig;
  const { timeouts, retry, outlier, locality } = all;
  const protocol = own.protocol ?? 'http1';
  const tls = own.tls === undefined ? undefined : upstreamTls(own.tls, name);
  const probe = probeSettings(all.probe, { protocol, tls });
  return {
    name,
    query: {
      service: own.service ?? name,
      ...(own.tag === undefined ? {} : { tag: own.tag }),
      ...(own.datacenter === undefined ? {} : { datacenter: own.datacenter }),
      ...(own.endpoints === undefined ? {} : { endpoints: own.endpoints }),
      ...(own.preparedQuery === undefined ? {} : { preparedQuery: own.preparedQuery }),
      ...(probe === undefined ? {} : { probe }),
    },
    failover: own.failover ?? [],
    policy: all.policy,
    hashOn: hashOn(all.hashOn),
    passing: all.passing,
    timeouts: {
      connectMs: durationMs(timeouts.connect),
      firstByteMs: durationMs(timeouts.firstByte),
      idleMs: durationMs(timeouts.idle),
      totalMs: durationMs(timeouts.total),
    },
    retry: {
      attempts: retry.attempts,
      on: retry.on,
      budget: share(retry.budget),
      budgetFloor: retry.budgetFloor,
      bufferBytes: sizeBytes(retry.buffer),
    },
    outlier: {
      consecutiveFailures: outlier.consecutiveFailures,
      consecutiveGatewayFailures: outlier.consecutiveGatewayFailures,
      ejectForMs: durationMs(outlier.ejectFor),
      maxEjectForMs: durationMs(outlier.maxEjectFor),
      maxEjected: share(outlier.maxEjected),
      successRateDeviation: outlier.successRateDeviation,
      successRateVolume: outlier.successRateVolume,
      intervalMs: durationMs(outlier.interval),
      slowStartMs: durationMs(outlier.slowStart),
    },
    limits: all.limits,
    panicBelow: share(all.panicBelow),
    fallback: own.fallback ?? [],
    protocol,
    http2: http2Settings(all.http2),
    tls,
    locality: locality === undefined ? undefined : { ...locality, spillBelow: share(locality.spillBelow) },
  };
}

/** The settings of an upstream, with the tag and datacenter that the caller named. */
export function upstreamSettings(config: Config, { name, tag, datacenter }: UpstreamName): UpstreamSettings {
  const settings = configuredUpstream(config, name);
  if (tag === undefined && datacenter === undefined) return settings;
  const named = { ...(tag === undefined ? {} : { tag }), ...(datacenter === undefined ? {} : { datacenter }) };
  return { ...settings, query: { ...settings.query, ...named } };
}

/** The upstreams that the configuration names: watched from the start. */
export function pinnedUpstreams(config: Config): UpstreamName[] {
  return Object.keys(config.upstreams).map((name) => ({ name }));
}

/** Only HTTP/1.1 is asked for a path; of other protocols it is seen whether the instance takes connections. */
function probeSettings(
  probe: UpstreamDefaults['probe'],
  { protocol, tls }: Pick<UpstreamSettings, 'protocol' | 'tls'>,
): ProbeSettings | undefined {
  const { type, path, rise, fall } = probe;
  if (type === 'off') return undefined;
  return {
    kind: protocol === 'http1' ? type : 'tcp',
    path,
    intervalMs: durationMs(probe.interval),
    timeoutMs: durationMs(probe.timeout),
    rise,
    fall,
    ...(tls === undefined ? {} : { tls }),
  };
}

function http2Settings(http2: UpstreamDefaults['http2']): UpstreamHttp2 {
  return {
    maxStreams: http2.maxConcurrentStreams,
    streamWindowBytes: sizeBytes(http2.streamWindow),
    sessionWindowBytes: sizeBytes(http2.sessionWindow),
    idleMs: durationMs(http2.idle),
    pingIntervalMs: durationMs(http2.pingInterval),
    pingTimeoutMs: durationMs(http2.pingTimeout),
  };
}

function hashOn(text: string | undefined): HashOn | undefined {
  if (text === undefined) return undefined;
  const [kind, ...rest] = text.split(':');
  const name = rest.join(':');
  return kind === 'header' || kind === 'cookie' ? { kind, name } : { kind: 'source' };
}

function upstreamTls(tls: TlsConfig, name: string): UpstreamTls {
  const read = (key: 'ca' | 'cert' | 'key') => readPem(tls[key], ['upstreams', name, 'tls', key].join('.'));
  return { ca: read('ca'), cert: read('cert'), key: read('key'), serverName: tls.serverName };
}

/**
 * Reads a PEM file that the configuration names.
 * @param path the setting that names it, for the error
 * @throws ConfigError when it cannot be read or holds no PEM block
 */
export function readPem(file: string | undefined, path: string): string | undefined {
  if (file === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const message = `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    throw new ConfigError([{ where: file, path, message }]);
  }
  if (!text.includes('-----BEGIN '))
    throw new ConfigError([{ where: file, path, message: 'holds no PEM block (-----BEGIN …)' }]);
  return text;
}
