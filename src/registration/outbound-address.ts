import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { CodedError } from '../runtime/coded-error.ts';
import { isInRange, isIp, isLoopback, parseCidr } from './ip-range.ts';

/** An address of this machine. */
export interface LocalAddress {
  readonly interface: string;
  readonly address: string;
  readonly family: 'IPv4' | 'IPv6';
  /** Loopback. */
  readonly internal: boolean;
}

/** What {@link resolveAddress} may ask. */
export interface AddressContext {
  /** The Consul agent's host; undefined for a unix socket. */
  readonly consulHost: string | undefined;
  /** The address that the agent tells others (`/v1/agent/self`); asked only when the agent is on this machine. */
  readonly agentAddress: (signal: AbortSignal) => Promise<string>;
  readonly interfaces?: () => readonly LocalAddress[];
  readonly sourceTowards?: (host: string) => Promise<string | undefined>;
}

/** From the documentation range of RFC 5737: never answers, and nothing is sent to it either. */
const ANYWHERE = '192.0.2.1';

/**
 * Finds the address by which others reach the app, as the `service.address` setting says:
 * an IP address or a host name is taken as it is; the name of an interface gives its address; a CIDR gives the address
 * of this machine that lies in it; `auto` gives the address from which this machine reaches Consul. When Consul is on
 * this very machine, that would be loopback: then it is the address that the agent itself tells others.
 * @throws CodedError `no_service_address` naming what there is to choose from; ConsulError when the agent is to be asked
 *   and cannot be
 */
export async function resolveAddress(setting: string, context: AddressContext, signal: AbortSignal): Promise<string> {
  if (setting === 'auto') return await automatic(context, signal);
  if (isIp(setting)) return setting;
  const local = (context.interfaces ?? localAddresses)();
  const range = parseCidr(setting);
  if (range !== undefined) {
    const inRange = local.find(({ address }) => isInRange(address, range));
    if (inRange !== undefined) return inRange.address;
    throw noAddress(setting, 'no address of this machine lies in it', local);
  }
  if (setting.includes('/')) throw noAddress(setting, 'it is no CIDR', local);
  const ofInterface = local.filter((each) => each.interface === setting);
  if (ofInterface.length === 0) return setting;
  const best = preferred(ofInterface);
  if (best === undefined) throw noAddress(setting, 'the interface has only link-local addresses', local);
  return best.address;
}

async function automatic(context: AddressContext, signal: AbortSignal): Promise<string> {
  const { consulHost, agentAddress, sourceTowards = sourceAddress } = context;
  if (consulHost !== undefined && !isLoopback(consulHost)) {
    const source = await sourceTowards(consulHost);
    if (source !== undefined && !isLoopback(source)) return source;
  }
  // An agent that is not there yet is waited for: another answer now would register another address after a restart.
  const told = await agentAddress(signal).catch((error: unknown) => {
    if (signal.aborted || (error instanceof CodedError && error.retryable)) throw error;
    return '';
  });
  if (isIp(told) && told !== '0.0.0.0' && told !== '::') return told;
  return (await sourceTowards(ANYWHERE)) ?? '127.0.0.1';
}

/**
 * The source address that the routing table picks towards `host`. Connecting a datagram socket only asks the table: no
 * packet leaves.
 */
async function sourceAddress(host: string): Promise<string | undefined> {
  const found = await lookup(host).catch(() => undefined);
  if (found === undefined) return undefined;
  const socket = createSocket(found.family === 6 ? 'udp6' : 'udp4');
  try {
    return await new Promise<string | undefined>((resolve) => {
      socket.once('error', () => resolve(undefined));
      // Without a route the callback is given the error, and the socket is bound to 0.0.0.0: nobody's address.
      socket.connect(9, found.address, (...failure: readonly unknown[]) =>
        resolve(failure.length > 0 && failure[0] != null ? undefined : socket.address().address),
      );
    });
  } finally {
    socket.close();
  }
}

function localAddresses(): readonly LocalAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? []).map(({ address, family, internal }) => ({ interface: name, address, family, internal })),
  );
}

function preferred(addresses: readonly LocalAddress[]): LocalAddress | undefined {
  const v6 = addresses.find(({ family, address }) => family === 'IPv6' && !/^fe80:/i.test(address));
  return addresses.find(({ family }) => family === 'IPv4') ?? v6;
}

function noAddress(setting: string, why: string, local: readonly LocalAddress[]): CodedError {
  const known = local.map((each) => `${each.interface} ${each.address}`).join(', ');
  return new CodedError(`service.address "${setting}": ${why}; this machine has ${known}`, {
    code: 'no_service_address',
    side: 'internal',
    retryable: true,
  });
}
