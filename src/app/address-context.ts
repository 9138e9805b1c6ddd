import type { ConsulClient } from '../consul/consul-client.ts';
import type { AddressContext } from '../registration/outbound-address.ts';

/** What finding the app's own address may ask. @param consulAddress the agent's, as configured */
export function addressContext(consul: ConsulClient, consulAddress: string): AddressContext {
  return {
    consulHost: consulAddress.startsWith('unix:') ? undefined : new URL(consulAddress).hostname.replace(/^\[|\]$/g, ''),
    agentAddress: async (signal) => (await consul.agent.self({ signal })).address,
  };
}
