import {
  type Decoder,
  decodeBoolean,
  decodeList,
  decodeMap,
  decodeNumber,
  decodeObject,
  decodeString,
  decodeStringMap,
  field,
  fieldOr,
  type JsonObject,
} from './decoder.ts';
import { decodeCheck, decodeChecks, decodeService, type HealthCheck, type ServiceInfo } from './health.ts';

/** What an agent tells about itself. */
export interface AgentSelf {
  readonly nodeName: string;
  readonly nodeId: string;
  readonly datacenter: string;
  /** Whether it is a server; else a client agent. */
  readonly server: boolean;
  /** Such as `1.8.7`, without build metadata. */
  readonly version: string;
  /** The address it tells other members. */
  readonly address: string;
  /** The node's metadata. */
  readonly meta: ReadonlyMap<string, string>;
  /** Everything, as Consul gives it. */
  readonly raw: JsonObject;
}

/** A member of the cluster, as gossip knows it. */
export interface AgentMember {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly status: 'none' | 'alive' | 'leaving' | 'left' | 'failed';
  readonly tags: ReadonlyMap<string, string>;
}

/** A service that an agent looks after. */
export interface AgentService extends ServiceInfo {
  /** Changes with the definition; for blocking reads. Empty in lists. */
  readonly contentHash: string;
  readonly enableTagOverride: boolean;
}

/** What an agent thinks of a service. */
export interface AgentServiceHealth {
  readonly status: 'passing' | 'warning' | 'critical' | 'maintenance';
  readonly service: AgentService;
  readonly checks: readonly HealthCheck[];
}

const decodeConfig: Decoder<Pick<AgentSelf, 'nodeName' | 'nodeId' | 'datacenter' | 'server' | 'version'>> = (value) => {
  const config = decodeObject(value);
  return {
    nodeName: field(config, 'NodeName', decodeString),
    nodeId: fieldOr(config, 'NodeID', decodeString, ''),
    datacenter: field(config, 'Datacenter', decodeString),
    server: fieldOr(config, 'Server', decodeBoolean, false),
    version: fieldOr(config, 'Version', decodeString, '').split('+')[0] ?? '',
  };
};

const decodeOwnAddress: Decoder<string> = (value) => fieldOr(decodeObject(value), 'Addr', decodeString, '');

/** `/v1/agent/self`. */
export const decodeAgentSelf: Decoder<AgentSelf> = (value) => {
  const raw = decodeObject(value);
  return {
    ...field(raw, 'Config', decodeConfig),
    address: fieldOr(raw, 'Member', decodeOwnAddress, ''),
    meta: field(raw, 'Meta', decodeStringMap),
    raw,
  };
};

const STATUSES = ['none', 'alive', 'leaving', 'left', 'failed'] as const;

const decodeMember: Decoder<AgentMember> = (value) => {
  const object = decodeObject(value);
  return {
    name: field(object, 'Name', decodeString),
    address: field(object, 'Addr', decodeString),
    port: field(object, 'Port', decodeNumber),
    status: STATUSES[fieldOr(object, 'Status', decodeNumber, 0)] ?? 'none',
    tags: field(object, 'Tags', decodeStringMap),
  };
};

/** `/v1/agent/members`. */
export const decodeMembers: Decoder<readonly AgentMember[]> = decodeList(decodeMember);

/** `/v1/agent/service/:id`, and the entries of `/v1/agent/services`. */
export const decodeAgentService: Decoder<AgentService> = (value) => {
  const object = decodeObject(value);
  return {
    ...decodeService(object),
    contentHash: fieldOr(object, 'ContentHash', decodeString, ''),
    enableTagOverride: fieldOr(object, 'EnableTagOverride', decodeBoolean, false),
  };
};

/** `/v1/agent/services`, by id. */
export const decodeAgentServices: Decoder<ReadonlyMap<string, AgentService>> = decodeMap(decodeAgentService);

/** `/v1/agent/checks`, by id. */
export const decodeAgentChecks: Decoder<ReadonlyMap<string, HealthCheck>> = decodeMap(decodeCheck);

const AGGREGATED = ['passing', 'warning', 'critical', 'maintenance'] as const;

/** `/v1/agent/health/service/id/:id`. */
export const decodeServiceHealth: Decoder<AgentServiceHealth> = (value) => {
  const object = decodeObject(value);
  const status = field(object, 'AggregatedStatus', decodeString);
  return {
    status: AGGREGATED.find((known) => known === status) ?? 'critical',
    service: field(object, 'Service', decodeAgentService),
    checks: field(object, 'Checks', decodeChecks),
  };
};

/** `/v1/agent/health/service/name/:name`. */
export const decodeServiceHealths: Decoder<readonly AgentServiceHealth[]> = decodeList(decodeServiceHealth);
