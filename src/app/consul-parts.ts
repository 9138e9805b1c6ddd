import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ConsulClientOptions } from '../consul/consul-client.ts';
import type { ConsulTls } from '../consul/transport.ts';
import type { ConsulConfig } from './config.ts';
import { ConfigError } from './config-error.ts';
import { readPem } from './configured-upstream.ts';
import { durationMs } from './units.ts';

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
