import type { AgentService } from '../../consul/decode/agent.ts';
import type { HealthCheck, HealthEntry } from '../../consul/decode/health.ts';
import type { CodedError } from '../../runtime/coded-error.ts';
import type { Desired } from '../desired-service.ts';

/** What a connection from here showed: as `address-probe.ts` has it. */
export type DialResult = 'answers' | 'refuses' | 'silent' | 'unclear';

/** What was seen of the app's registration. */
export interface RegistrationEvidence {
  /** What the configuration wants, or why that cannot be told. */
  readonly desired: Desired | CodedError;
  /** `auto`: the address is ours to find; anything else: somebody chose it. */
  readonly isAddressChosen: boolean;
  /** For remedies. */
  readonly consulAddress: string;
  /** The agent's node; undefined where it did not tell. */
  readonly nodeName: string | undefined;
  /** The address of services that were registered without one; empty where the agent did not tell. */
  readonly nodeAddress: string;
  /** The agent's services, by id. */
  readonly services: ReadonlyMap<string, AgentService>;
  readonly checks: readonly HealthCheck[];
  /** What the leader lists under the service's name; undefined where that could not, or may not, be read. */
  readonly catalog: readonly HealthEntry[] | undefined;
  /** Nodes in the catalog; 1 where only this one is known. */
  readonly nodeCount: number;
  /** The addresses of this machine's interfaces, without loopback. */
  readonly localAddresses: readonly string[];
  /** What connections showed, by `host:port`. */
  readonly dials: ReadonlyMap<string, DialResult>;
}

/** A place, as {@link RegistrationEvidence.dials} is keyed; IPv6 in brackets. */
export function placeOf(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Where a service of the agent is reached. */
export function placeOfService(service: Pick<AgentService, 'address' | 'port'>, nodeAddress: string): string {
  return placeOf(service.address === '' ? nodeAddress : service.address, service.port);
}
