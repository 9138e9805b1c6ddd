import { type ConsulAddress, formatConsulAddress, parseConsulAddress } from '../consul/consul-address.ts';

/** Consul's HTTP port, for a main agent that is reached over a unix socket. */
const HTTP_PORT = 8500;

/**
 * Where the agent of a host is: at the main agent's scheme and port, as with Consular.
 * @throws Error when the host is none
 */
export function agentAddress(main: string, host: string): string {
  const { scheme, port, socketPath } = parseConsulAddress(main);
  const at: ConsulAddress = { scheme, host, port: socketPath === undefined ? port : HTTP_PORT, socketPath: undefined };
  return formatConsulAddress(parseConsulAddress(formatConsulAddress(at)));
}
