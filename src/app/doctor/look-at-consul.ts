import type { AclRule } from '../../consul/acl.ts';
import type { ConsulClient } from '../../consul/consul-client.ts';
import type { AgentSelf } from '../../consul/decode/agent.ts';
import type { ConsulEvidence, VersionNeed } from '../../registration/doctor/diagnose-consul.ts';
import { systemClock } from '../../runtime/clock.ts';
import { CodedError } from '../../runtime/coded-error.ts';
import type { Config } from '../config.ts';
import { ownConnections } from './own-connections.ts';

/** What an agent allows one client address unless it says otherwise. */
const DEFAULT_LIMIT = 200;

/** Gathers what there is to see of Consul itself. Never throws for what Consul does. */
export async function lookAtConsul(consul: ConsulClient, config: Config): Promise<ConsulEvidence> {
  const leader = await orFailure(consul.status.leader());
  const failure = leader instanceof CodedError ? leader : undefined;
  const hasLeader = failure === undefined && leader !== undefined;
  const self = failure ?? (await orFailure(consul.agent.self()));
  const open = await openConnections(config.consul.address);
  return {
    address: consul.address,
    failure,
    hasLeader,
    self,
    rights:
      failure === undefined && hasLeader ? await orFailure(consul.acl.authorize(neededRules(config, self))) : undefined,
    hasToken: config.consul.token !== undefined || config.consul.tokenFile !== undefined,
    clockSkewMs: failure === undefined ? await clockSkewMs(consul) : undefined,
    connections: open === undefined ? undefined : { open, limit: limitOf(self) },
    versionNeeds: versionNeeds(config),
  };
}

/** The value, or the failure as a value. @throws what is no failure of Consul's but a mistake of ours */
export async function orFailure<T>(promise: Promise<T>): Promise<T | CodedError> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
}

/** What the sidecar does, as the rules it takes. */
function neededRules(config: Config, self: AgentSelf | CodedError): readonly AclRule[] {
  const { service, upstreams, kv } = config;
  const read = new Set(
    Object.entries(upstreams).flatMap(([name, each]) => (each.endpoints ? [] : [each.service ?? name])),
  );
  const rules: AclRule[] = [];
  if (service !== undefined) {
    rules.push({ resource: 'service', access: 'write', segment: service.name });
    read.add(service.name);
  }
  for (const segment of read) rules.push({ resource: 'service', access: 'read', segment });
  rules.push({ resource: 'node', access: 'read', segment: '' });
  if (kv.prefix !== undefined) rules.push({ resource: 'key', access: 'read', segment: kv.prefix });
  if (!(self instanceof CodedError)) rules.push({ resource: 'agent', access: 'read', segment: self.nodeName });
  return rules;
}

async function clockSkewMs(consul: ConsulClient): Promise<number | undefined> {
  const sentMs = systemClock.wallMs();
  const agentMs = await orFailure(consul.status.wallMs());
  if (agentMs === undefined || agentMs instanceof CodedError) return undefined;
  const receivedMs = systemClock.wallMs();
  // The header's second has begun somewhere between the request and the answer.
  if (agentMs + 1000 < sentMs) return agentMs + 1000 - sentMs;
  return agentMs > receivedMs ? agentMs - receivedMs : 0;
}

async function openConnections(address: string): Promise<number | undefined> {
  if (address.startsWith('unix:')) return undefined;
  const { port, protocol } = new URL(address);
  return ownConnections(Number(port) || (protocol === 'https:' ? 443 : 80));
}

function limitOf(self: AgentSelf | CodedError): number {
  if (self instanceof CodedError) return DEFAULT_LIMIT;
  const { DebugConfig: debug } = self.raw;
  const limit =
    typeof debug === 'object' && debug !== null && 'HTTPMaxConnsPerClient' in debug
      ? debug.HTTPMaxConnsPerClient
      : undefined;
  return typeof limit === 'number' && limit > 0 ? limit : DEFAULT_LIMIT;
}

function versionNeeds({ consul, service }: Config): readonly VersionNeed[] {
  const needs: VersionNeed[] = [];
  if (consul.partition !== undefined) needs.push({ setting: 'consul.partition', since: '1.11' });
  const checks = service?.checks ?? (typeof service?.check === 'object' ? [service.check] : []);
  if (checks.some(({ ttl, rise = 1, fall = 1 }) => ttl === undefined && (rise > 1 || fall > 1))) {
    needs.push({ setting: 'service.check.rise and fall', since: '1.7' });
  }
  return needs;
}
