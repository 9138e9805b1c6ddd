import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ConsulClient, type ConsulClientOptions } from '../consul/consul-client.ts';
import { QueryBudget } from '../consul/query-budget.ts';
import type { ConsulTls } from '../consul/transport.ts';
import { systemClock } from '../runtime/clock.ts';
import type { ConsulConfig } from './config.ts';
import { ConfigError } from './config-error.ts';
import { readPem } from './configured-upstream.ts';
import type { ConsulMeter } from './consul-meter.ts';
import { durationMs } from './units.ts';

/** Discovery queries that may go out at once after a quiet time. */
const QUERY_BURST = 100;

/**
 * The client of a program that stays: its discovery queries keep to `consul.queriesPerSecond`, and all that it asks is
 * measured.
 * @throws ConfigError when a certificate or key cannot be read
 */
export function meteredConsul(config: ConsulConfig, meter: ConsulMeter): ConsulClient {
  const pollsPerSecond = config.queriesPerSecond;
  return new ConsulClient({
    ...consulClientOptions(config),
    budget: new QueryBudget({ clock: systemClock, pollsPerSecond, burst: QUERY_BURST }),
    around: (transport) => meter.around(transport),
  });
}

/**
 * What the configuration says of Consul, as options of a client.
 * @throws ConfigError when a certificate or key cannot be read
 */
export function consulClientOptions(config: ConsulConfig): ConsulClientOptions {
  const { address, auth, datacenter, namespace, partition, consistency } = config;
  return {
    address,
    auth,
    datacenter,
    namespace,
    partition,
    token: config.token,
    tokenFile: config.tokenFile,
    tls: config.tls === undefined ? undefined : consulTls(config.tls),
    consistency: consistency === 'default' ? undefined : consistency,
    waitMs: durationMs(config.wait),
  };
}

function consulTls(tls: NonNullable<ConsulConfig['tls']>): ConsulTls {
  const { caPath, serverName, verify } = tls;
  const ca = readPem(tls.ca, 'consul.tls.ca');
  const authorities = ca !== undefined ? [ca] : caPath === undefined ? undefined : certificatesIn(caPath);
  const cert = readPem(tls.cert, 'consul.tls.cert');
  const key = readPem(tls.key, 'consul.tls.key');
  return { ca: authorities, cert, key, serverName, verify };
}

function certificatesIn(directory: string): readonly string[] {
  const path = 'consul.tls.caPath';
  let names: readonly string[];
  try {
    names = readdirSync(directory);
  } catch (error) {
    const message = `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    throw new ConfigError([{ where: directory, path, message }]);
  }
  return names.flatMap((name) => readPem(join(directory, name), path) ?? []);
}
