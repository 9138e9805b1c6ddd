import { consulEnvironment } from '../consul/environment.ts';
import { ConfigError } from './config-error.ts';
import { type ConfigLayer, type ConfigPath, layerOf } from './config-layer.ts';

/** The variables of Consul's own command line, the settings that they make, and where `consulEnvironment` puts them. */
export const CONSUL_ENVIRONMENT: readonly {
  readonly variable: string;
  readonly path: ConfigPath;
  readonly option?: 'address' | 'verify';
}[] = [
  { variable: 'CONSUL_HOST', path: ['consul', 'address'], option: 'address' },
  { variable: 'CONSUL_HTTP_SSL', path: ['consul', 'address'], option: 'address' },
  { variable: 'CONSUL_HTTP_ADDR', path: ['consul', 'address'], option: 'address' },
  { variable: 'CONSUL_HTTP_TOKEN', path: ['consul', 'token'] },
  { variable: 'CONSUL_HTTP_TOKEN_FILE', path: ['consul', 'tokenFile'] },
  { variable: 'CONSUL_HTTP_AUTH', path: ['consul', 'auth'] },
  { variable: 'CONSUL_CACERT', path: ['consul', 'tls', 'ca'] },
  { variable: 'CONSUL_CAPATH', path: ['consul', 'tls', 'caPath'] },
  { variable: 'CONSUL_CLIENT_CERT', path: ['consul', 'tls', 'cert'] },
  { variable: 'CONSUL_CLIENT_KEY', path: ['consul', 'tls', 'key'] },
  { variable: 'CONSUL_TLS_SERVER_NAME', path: ['consul', 'tls', 'serverName'] },
  { variable: 'CONSUL_HTTP_SSL_VERIFY', path: ['consul', 'tls', 'verify'], option: 'verify' },
  { variable: 'CONSUL_DATACENTER', path: ['consul', 'datacenter'] },
  { variable: 'CONSUL_NAMESPACE', path: ['consul', 'namespace'] },
  { variable: 'CONSUL_PARTITION', path: ['consul', 'partition'] },
];

/** A variable that is said stands in for its opposite of a lower layer. */
const REPLACES = new Map([
  ['CONSUL_HTTP_TOKEN', ['consul', 'tokenFile']],
  ['CONSUL_HTTP_TOKEN_FILE', ['consul', 'token']],
]);

/**
 * The settings that Consul's variables make, by the rules of Consul's command line.
 * @throws ConfigError that names the variable
 */
export function consulEnvironmentLayer(environment: Readonly<Record<string, string | undefined>>): ConfigLayer {
  const options = parsed(environment);
  const isSaid = (variable: string) => (environment[variable] ?? '') !== '';
  const fileWins = isSaid('CONSUL_HTTP_TOKEN_FILE');
  const settings = CONSUL_ENVIRONMENT.filter(
    ({ variable }) => isSaid(variable) && !(fileWins && variable === 'CONSUL_HTTP_TOKEN'),
  );
  return layerOf(
    settings.flatMap(({ variable, path, option }) => {
      const where = `env ${variable}`;
      const value =
        option === 'address' ? options.address : option === 'verify' ? options.tls?.verify : environment[variable];
      const replaced = REPLACES.get(variable);
      return [...(replaced === undefined ? [] : [{ path: replaced, value: null, where }]), { path, value, where }];
    }),
  );
}

function parsed(environment: Readonly<Record<string, string | undefined>>): ReturnType<typeof consulEnvironment> {
  try {
    return consulEnvironment(environment);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ConfigError([{ where: 'environment', path: '', message }]);
  }
}
