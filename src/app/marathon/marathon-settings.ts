import { readFileSync } from 'node:fs';
import type { ConsulClientOptions } from '../../consul/consul-client.ts';
import { consulEnvironment, type Environment } from '../../consul/environment.ts';
import type { BridgeSettings } from '../../marathon/bridge-settings.ts';
import type { MarathonTls } from '../../marathon/client.ts';
import { ConfigError } from '../config-error.ts';
import { readPem } from '../configured-upstream.ts';

/** Which way events come from Marathon. */
export type EventMode = 'sse' | 'callback' | 'both';

/** The flags of `pilotfish marathon`, each parsed by itself; Consular's names and defaults where it has them. */
export interface MarathonFlags {
  /** Of the address that Marathon calls back, not of the listener. */
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  /** `host` or `host:port` under which Marathon reaches the listener; default `host:port` as it listens. */
  readonly advertise?: string;
  /** Undefined: not said as a flag. */
  readonly consul?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly marathon?: readonly string[];
  readonly marathonAuth?: string;
  readonly marathonToken?: string;
  readonly marathonTokenFile?: string;
  readonly marathonCa?: string;
  readonly marathonCert?: string;
  readonly marathonKey?: string;
  readonly marathonServerName?: string;
  readonly marathonVerify: boolean;
  readonly registrationId: string;
  /** Seconds; 0: only at the start and after each reconnect. */
  readonly syncInterval: number;
  readonly purge: boolean;
  /** 0…1. */
  readonly maxPurge: number;
  readonly events: EventMode;
  /** Seconds. */
  readonly timeout: number;
  readonly fallback: boolean;
  /** Seconds. */
  readonly fallbackTimeout: number;
  readonly elect: boolean;
  readonly healthChecks: boolean;
}

/** Everything a bridge is started with. */
export interface MarathonSettings {
  /** The main agent, and what its calls carry; agents of other hosts get the same with another host. */
  readonly consul: ConsulClientOptions & { readonly address: string };
  readonly marathon: {
    readonly addresses: readonly string[];
    /** `user:password`. */
    readonly auth: string | undefined;
    /** Sent as `Authorization: token=…`, as DC/OS wants it. */
    readonly token: string | undefined;
    readonly tls: MarathonTls | undefined;
    readonly timeoutMs: number;
  };
  readonly listen: { readonly host: string; readonly port: number };
  /** `http://host:port`, under which Marathon reaches the listener; port 0 means the one that it got. */
  readonly advertised: { readonly scheme: 'http' | 'https'; readonly host: string; readonly port: number | undefined };
  readonly events: EventMode;
  readonly bridge: BridgeSettings;
  /** Whether bridges of one registration id elect one of them. */
  readonly elect: boolean;
}

/** Consular's. */
const DEFAULT_CONSUL = 'http://localhost:8500';
const DEFAULT_MARATHON = 'http://localhost:8080';

/**
 * What flags and Consul's own variables make together; a flag wins.
 * @throws ConfigError that names the flag or variable: a file that cannot be read, half a key pair
 */
export function marathonSettings(flags: MarathonFlags, environment: Environment): MarathonSettings {
  const { scheme, host, port, events, elect } = flags;
  const { registrationId, purge, maxPurge, fallback, healthChecks } = flags;
  return {
    consul: consulOptions(flags, environment),
    marathon: {
      addresses: flags.marathon ?? [DEFAULT_MARATHON],
      auth: flags.marathonAuth,
      token: flags.marathonToken ?? secretIn(flags.marathonTokenFile, '--marathon-token-file'),
      tls: tlsOf(flags),
      timeoutMs: flags.timeout * 1000,
    },
    listen: { host, port },
    advertised: { scheme, ...advertisedOf(flags) },
    events,
    elect,
    bridge: {
      registrationId,
      syncIntervalMs: flags.syncInterval === 0 ? undefined : flags.syncInterval * 1000,
      purge,
      maxPurge,
      fallback,
      fallbackTimeoutMs: flags.fallbackTimeout * 1000,
      healthChecks,
    },
  };
}

function consulOptions(flags: MarathonFlags, environment: Environment): MarathonSettings['consul'] {
  const { token, tokenFile } = flags;
  const variables = consulVariables(environment);
  const tokens = token === undefined && tokenFile === undefined ? variables : { token, tokenFile };
  return {
    ...variables,
    token: tokens.token,
    tokenFile: tokens.tokenFile,
    address: flags.consul ?? variables.address ?? DEFAULT_CONSUL,
    timeoutMs: flags.timeout * 1000,
  };
}

function consulVariables(environment: Environment): ReturnType<typeof consulEnvironment> {
  try {
    return consulEnvironment(environment);
  } catch (error) {
    throw invalid('environment', error instanceof Error ? error.message : String(error));
  }
}

function advertisedOf({ advertise, host, port }: MarathonFlags): { host: string; port: number | undefined } {
  const own = port === 0 ? undefined : port;
  if (advertise === undefined) return { host, port: own };
  const match = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(advertise);
  return { host: match?.[1] ?? advertise, port: match?.[2] === undefined ? own : Number(match[2]) };
}

function tlsOf(flags: MarathonFlags): MarathonTls | undefined {
  const { marathonCert, marathonKey, marathonServerName: serverName, marathonVerify: verify } = flags;
  if ((marathonCert === undefined) !== (marathonKey === undefined))
    throw invalid('--marathon-cert, --marathon-key', 'a client certificate and its key go together: name both');
  const ca = readPem(flags.marathonCa, '--marathon-ca');
  const cert = readPem(marathonCert, '--marathon-cert');
  const key = readPem(marathonKey, '--marathon-key');
  if (verify && [ca, cert, serverName].every((part) => part === undefined)) return undefined;
  return { ca, cert, key, serverName, verify };
}

function secretIn(file: string | undefined, flag: string): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw invalid(flag, `cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function invalid(where: string, message: string): ConfigError {
  return new ConfigError([{ where, path: '', message }]);
}
