import type { Presence } from '../admin/admin-parts.ts';
import type { ConsulClient } from '../consul/consul-client.ts';
import { type AddressContext, resolveAddress } from '../registration/outbound-address.ts';
import { Registrar } from '../registration/registrar.ts';
import type { RegistrarOptions } from '../registration/registrar-options.ts';
import type { RegistrationListener } from '../registration/registration-event.ts';
import { systemClock } from '../runtime/clock.ts';
import { systemRandom } from '../runtime/random.ts';
import type { ServiceConfig } from './config.ts';
import { configuredService } from './configured-service.ts';

/** What a registrar is made of here. */
export interface PresenceOptions {
  readonly service: ServiceConfig;
  readonly appPort: number;
  readonly consul: ConsulClient;
  /** The agent's address, as configured. */
  readonly consulAddress: string;
  readonly onEvent: RegistrationListener;
  /** Undefined: Consul asks the app itself. */
  readonly identityUrl: RegistrarOptions['identityUrl'];
}

/** The registrar of the app beside the sidecar; its `run` is the caller's to start. */
export function makeRegistrar({
  service,
  appPort,
  consul,
  consulAddress,
  onEvent,
  identityUrl,
}: PresenceOptions): Registrar {
  const settings = configuredService(service, appPort);
  const context = addressContext(consul, consulAddress);
  return new Registrar({
    settings,
    consul,
    identityUrl,
    resolveAddress: (signal) => resolveAddress(settings.address, context, signal),
    clock: systemClock,
    random: systemRandom,
    onEvent,
  });
}

/** What finding the app's own address may ask. @param consulAddress the agent's, as configured */
export function addressContext(consul: ConsulClient, consulAddress: string): AddressContext {
  return {
    consulHost: consulAddress.startsWith('unix:') ? undefined : new URL(consulAddress).hostname.replace(/^\[|\]$/g, ''),
    agentAddress: async (signal) => (await consul.agent.self({ signal })).address,
  };
}

/** The registration as the admin port shows and changes it. */
export function presenceOf(registrar: Registrar): Presence {
  return {
    status: () => registrar.status(),
    setMaintenance: ({ enable, reason, forMs }) => registrar.setMaintenance(enable ? { reason, forMs } : undefined),
  };
}
