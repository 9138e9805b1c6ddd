/**
 * pilotfish as a library: a client for Consul, service discovery with client-side balancing, registration, and
 * configuration in Consul's KV. Importing it starts nothing and reads no environment.
 *
 * @packageDocumentation
 */

// The Consul client.
export type { AclAnswer, AclApi, AclRule } from './consul/acl.ts';
export type { AgentApi, MaintenanceOptions, RegisterOptions } from './consul/agent.ts';
export type { AgentChecksApi, TtlReport } from './consul/agent-checks.ts';
export type { Answer, AnswerMeta } from './consul/answer.ts';
export type {
  CatalogApi,
  CatalogCheck,
  CatalogDeregistration,
  CatalogRegistration,
  CatalogServiceRegistration,
} from './consul/catalog.ts';
export type { Same } from './consul/compare.ts';
export type { ConfigEntryApi } from './consul/config-entry.ts';
export { ConsulClient, type ConsulClientOptions } from './consul/consul-client.ts';
export {
  ConsulError,
  type ConsulErrorKind,
  type ConsulErrorOptions,
  type FailedCall,
  isConsulError,
} from './consul/consul-error.ts';
export type { CoordinateApi } from './consul/coordinate.ts';
export type { AgentMember, AgentSelf, AgentService, AgentServiceHealth } from './consul/decode/agent.ts';
export type { CatalogEntry, CatalogNode } from './consul/decode/catalog.ts';
export type { ConfigEntry } from './consul/decode/config-entry.ts';
export type { Coordinate, DatacenterCoordinates, NodeCoordinate } from './consul/decode/coordinate.ts';
export type { JsonObject } from './consul/decode/decoder.ts';
export type {
  ChainNode,
  ChainRoute,
  ChainSplit,
  ChainTarget,
  DiscoveryChain,
} from './consul/decode/discovery-chain.ts';
export type { UserEvent } from './consul/decode/event.ts';
export type {
  CheckStatus,
  HealthCheck,
  HealthEntry,
  NodeInfo,
  ServiceInfo,
  ServiceWeights,
  TaggedAddress,
} from './consul/decode/health.ts';
export type { KvEntry } from './consul/decode/kv.ts';
export type { PreparedQuery, PreparedQueryResult } from './consul/decode/prepared-query.ts';
export type { SessionBehavior, SessionInfo } from './consul/decode/session.ts';
export type { TxnError, TxnOutcome, TxnResult } from './consul/decode/txn.ts';
export type { DiscoveryChainApi } from './consul/discovery-chain.ts';
export { type ConsulEnvironment, consulEnvironment, type Environment } from './consul/environment.ts';
export type { EventApi, EventsOptions, FireOptions } from './consul/event.ts';
export type { HealthApi, InstancesOptions } from './consul/health.ts';
export { isMaintenanceCheck } from './consul/health-status.ts';
export type { DeleteOptions, KvApi, PutOptions } from './consul/kv.ts';
export type { KvValue } from './consul/kv-value.ts';
export type { LeadOptions } from './consul/leader.ts';
export type { Lock } from './consul/lock.ts';
export type { LockOptions } from './consul/locks.ts';
export type { ExecuteOptions, PreparedQueryApi } from './consul/prepared-query.ts';
export { QueryBudget, type QueryBudgetOptions, type QueryKind } from './consul/query-budget.ts';
export type { CallOptions, Consistency, ReadOptions, StringMap } from './consul/read-options.ts';
export type { CheckDefinition, CheckProbe, Interval, ServiceDefinition } from './consul/service-definition.ts';
export type { SessionApi, SessionDefinition } from './consul/session.ts';
export type { StatusApi } from './consul/status.ts';
export type { TokenSource } from './consul/token-source.ts';
export type { ConsulTls } from './consul/transport.ts';
export type { KvOperation, TxnApi, TxnOperation } from './consul/txn.ts';
export type { WatchOptions } from './consul/watch.ts';
export type { WatchObserver } from './consul/watch-observer.ts';

// Discovery and balancing.
export type { DiscoveryEvent } from './discovery/discovery-event.ts';
export { LoadBalancer, type LoadBalancerOptions, type PickOptions } from './discovery/load-balancer.ts';
export type { LoadBalancerSettings } from './discovery/load-balancer-settings.ts';
export type { PickedInstance } from './discovery/picked-instance.ts';
export type { GuardVerdict } from './discovery/shrink-guard.ts';
export { type ServiceChange, type WatchServiceOptions, watch } from './discovery/watch-service.ts';
// Configuration in KV.
export type { ConfigSection, TreeProblem } from './kv-config/build-tree.ts';
export { ConfigTreeError, type ConfigTreeEvent } from './kv-config/config-event.ts';
export type { ConfigPath } from './kv-config/config-path.ts';
export { ConfigTree } from './kv-config/config-tree.ts';
export type { ConfigChange, ConfigTreeOptions, ConfigWriteOptions } from './kv-config/config-tree-options.ts';
export type { ConfigValue } from './kv-config/config-value.ts';
export type { KvConsul } from './kv-config/layer-watch.ts';
export type { StandardIssue, StandardResult, StandardSchema } from './kv-config/standard-schema.ts';
// Registration.
export { type Registration, type RegistrationOptions, register } from './registration/register.ts';
export type { MaintenanceRequest } from './registration/registrar-options.ts';
export type { RegistrationEvent } from './registration/registration-event.ts';
export type { RegisteredCheck, RegistrationState, RegistrationStatus } from './registration/registration-status.ts';
export type { CheckKind, CheckSettings, ServiceSettings } from './registration/service-settings.ts';
// What they share.
export type { Clock, Timer } from './runtime/clock.ts';
export { CodedError, type CodedErrorOptions, type ErrorSide } from './runtime/coded-error.ts';
export type { Random } from './runtime/random.ts';
export type { Endpoint, EndpointCheck, EndpointHealth } from './upstream/endpoint.ts';
export type { EndpointOrigin, ServiceQuery } from './upstream/endpoint-source.ts';
export type { Lease, Outcome } from './upstream/lease.ts';
export type { EjectionReason } from './upstream/member-history.ts';
export type { ProbeSettings } from './upstream/probe-settings.ts';
export type { UpstreamEvent } from './upstream/upstream-event.ts';
export type { OutlierSettings } from './upstream/upstream-settings.ts';
export type { UpstreamTls } from './upstream/upstream-tls.ts';
export type { ViewChange } from './upstream/view.ts';
