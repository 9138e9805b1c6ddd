import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ConsulAddress, formatConsulAddress, parseConsulAddress } from './consul-address.ts';
import type { ConsulClientOptions } from './consul-client.ts';
import type { ConsulTls } from './transport.ts';

/** The options of a client that the environment can set. */
export type ConsulEnvironment = Pick<
  ConsulClientOptions,
  'address' | 'token' | 'tokenFile' | 'auth' | 'tls' | 'datacenter' | 'namespace' | 'partition'
>;

/** Environment variables; empty ones count as not set, as Consul's own tools have it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The `CONSUL_*` variables of Consul's command line, and the older `CONSUL_HOST`, as options of a client. Only what is
 * set comes back.
 * @throws Error that names the variable: files that cannot be read, half a key pair, a truth value that is none
 */
export function consulEnvironment(environment: Environment): ConsulEnvironment {
  const get = (name: string) => environment[name] || undefined;
  const options: Record<string, unknown> = {
    address: addressOf(get),
    ...tokenOf(get),
    auth: get('CONSUL_HTTP_AUTH'),
    tls: tlsOf(get),
    datacenter: get('CONSUL_DATACENTER'),
    namespace: get('CONSUL_NAMESPACE'),
    partition: get('CONSUL_PARTITION'),
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

type Get = (name: string) => string | undefined;

function addressOf(get: Get): string | undefined {
  const name = get('CONSUL_HTTP_ADDR') === undefined ? 'CONSUL_HOST' : 'CONSUL_HTTP_ADDR';
  const text = get(name);
  const ssl = truthOf(get, 'CONSUL_HTTP_SSL');
  if (text === undefined && ssl === undefined) return undefined;
  const address = named(name, () => parseConsulAddress(text ?? '127.0.0.1:8500'));
  // True beats a written http://; false does not weaken a written https://.
  return formatConsulAddress(ssl === true && address.socketPath === undefined ? withTls(address) : address);
}

function withTls(address: ConsulAddress): ConsulAddress {
  return { ...address, scheme: 'https' };
}

/** The file wins over the variable. It is read again whenever it changes; here it must only be there. */
function tokenOf(get: Get): Pick<ConsulEnvironment, 'token' | 'tokenFile'> {
  const tokenFile = get('CONSUL_HTTP_TOKEN_FILE');
  if (tokenFile === undefined) return { token: get('CONSUL_HTTP_TOKEN') };
  read('CONSUL_HTTP_TOKEN_FILE', tokenFile);
  return { tokenFile };
}

function tlsOf(get: Get): ConsulTls | undefined {
  const cert = get('CONSUL_CLIENT_CERT');
  const key = get('CONSUL_CLIENT_KEY');
  if ((cert === undefined) !== (key === undefined)) {
    const missing = cert === undefined ? 'CONSUL_CLIENT_CERT' : 'CONSUL_CLIENT_KEY';
    throw new Error(`${missing}: client certificate and key go together, and this one is not set`);
  }
  const tls: Record<string, unknown> = {
    ca: authoritiesOf(get),
    cert: cert === undefined ? undefined : read('CONSUL_CLIENT_CERT', cert),
    key: key === undefined ? undefined : read('CONSUL_CLIENT_KEY', key),
    serverName: get('CONSUL_TLS_SERVER_NAME'),
    verify: truthOf(get, 'CONSUL_HTTP_SSL_VERIFY'),
  };
  const set = Object.entries(tls).filter(([, value]) => value !== undefined);
  return set.length === 0 ? undefined : Object.fromEntries(set);
}

function authoritiesOf(get: Get): readonly string[] | undefined {
  const file = get('CONSUL_CACERT');
  if (file !== undefined) return [read('CONSUL_CACERT', file)];
  const directory = get('CONSUL_CAPATH');
  if (directory === undefined) return undefined;
  const files = named('CONSUL_CAPATH', () => readdirSync(directory, { withFileTypes: true }));
  const certificates = files
    .filter((file) => !file.isDirectory())
    .map((file) => read('CONSUL_CAPATH', join(directory, file.name)));
  if (certificates.length === 0) throw new Error(`CONSUL_CAPATH: ${directory} holds no certificates`);
  return certificates;
}

/** Go's spellings. Anything else is an error: read as false it would switch encryption or its checks off unnoticed. */
function truthOf(get: Get, name: string): boolean | undefined {
  const text = get(name);
  if (text === undefined) return undefined;
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false;
  throw new Error(`${name}: "${text}" is neither true nor false`);
}

function read(name: string, path: string): string {
  return named(name, () => readFileSync(path, 'utf8'));
}

function named<T>(name: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
