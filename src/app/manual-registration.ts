import { ConsulClient } from '../consul/consul-client.ts';
import { desiredService } from '../registration/desired-service.ts';
import { resolveAddress } from '../registration/outbound-address.ts';
import { addressContext } from './address-context.ts';
import { ConfigError } from './config-error.ts';
import { configuredService } from './configured-service.ts';
import { consulClientOptions } from './consul-parts.ts';
import type { LoadedConfig } from './load-config.ts';

/** What was registered. */
export interface ManualRegistration {
  readonly id: string;
  /** `host:port`. */
  readonly address: string;
  /** What works, but probably not as it is meant. */
  readonly warnings: readonly string[];
}

/** For the whole of it. */
const TIMEOUT_MS = 20_000;

/**
 * Registers the configured service once and goes: nobody looks after it then.
 * @throws ConfigError when no service, or no port, is configured
 * @throws ConsulError, CodedError `invalid_registration`
 */
export async function registerOnce({ config, originOf }: LoadedConfig): Promise<ManualRegistration> {
  const { service, consul: consulConfig } = config;
  if (service === undefined || service.port === 0) {
    const path = service === undefined ? 'service' : 'service.port';
    const message = 'what is to be registered? say --name and --port, or configure a service';
    throw new ConfigError([{ where: originOf(path.split('.')), path, message }]);
  }
  await using consul = new ConsulClient(consulClientOptions(consulConfig));
  const settings = configuredService(service, service.port);
  const address = await resolveAddress(
    settings.address,
    addressContext(consul, consulConfig.address),
    AbortSignal.timeout(TIMEOUT_MS),
  );
  const { service: desired, warnings } = desiredService(settings, address);
  await consul.agent.register(desired, { replaceExistingChecks: true });
  const host = address.includes(':') ? `[${address}]` : address;
  const isTtl = settings.checks.some(({ kind }) => kind === 'ttl');
  const ttlWarning = 'a ttl check is critical until somebody reports to it, and nobody will';
  return {
    id: desired.id,
    address: `${host}:${desired.port}`,
    warnings: [...warnings, ...(isTtl ? [ttlWarning] : [])],
  };
}

/**
 * Takes a service out of the agent's catalog.
 * @returns whether it was there; gone is gone either way
 * @throws ConsulError
 */
export async function deregisterOnce({ config }: LoadedConfig, id: string): Promise<boolean> {
  await using consul = new ConsulClient(consulClientOptions(config.consul));
  // Consul answers 200 for an id that it does not know, too; whoever may not look is not told.
  const wasThere = await consul.agent.services().then(
    (services) => services.has(id),
    () => true,
  );
  return (await consul.agent.deregister(id)) && wasThere;
}
