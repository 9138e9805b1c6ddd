import { networkInterfaces } from 'node:os';
import type { ConsulClient } from '../../consul/consul-client.ts';
import type { AgentService } from '../../consul/decode/agent.ts';
import { probeAddress } from '../../discovery/address-probe.ts';
import { type Desired, desiredService } from '../../registration/desired-service.ts';
import type { ConsulEvidence } from '../../registration/doctor/diagnose-consul.ts';
import {
  type DialResult,
  placeOf,
  placeOfService,
  type RegistrationEvidence,
} from '../../registration/doctor/registration-evidence.ts';
import { resolveAddress } from '../../registration/outbound-address.ts';
import { CodedError } from '../../runtime/coded-error.ts';
import { addressContext } from '../address-context.ts';
import type { ServiceConfig } from '../config.ts';
import { splitHostPort } from '../config-schema-values.ts';
import { configuredService } from '../configured-service.ts';
import { orFailure } from './look-at-consul.ts';

/** What is looked at. */
export interface RegistrationSubject {
  readonly consul: ConsulClient;
  /** The agent's address, as configured. */
  readonly consulAddress: string;
  readonly service: ServiceConfig;
  /** The app's, chosen by now. */
  readonly appPort: number;
  /** What was seen of Consul. */
  readonly seen: ConsulEvidence;
}

const DIAL_TIMEOUT_MS = 2_000;

/** Gathers what there is to see of the app's registration: wanted, at the agent, in the catalog, and at its address. */
export async function lookAtRegistration(subject: RegistrationSubject): Promise<RegistrationEvidence> {
  const { consul, consulAddress, service, seen } = subject;
  const desired = await wanted(subject);
  const [services, checks] = await Promise.all([
    orFailure(consul.agent.services()),
    orFailure(consul.agent.checks.list()),
  ]);
  const known: ReadonlyMap<string, AgentService> = services instanceof CodedError ? new Map() : services;
  const knownChecks = checks instanceof CodedError ? [] : [...checks.values()];
  const mayRead = seen.hasLeader && mayReadCatalog(seen);
  const catalog = mayRead
    ? await orFailure(consul.health.service(service.name, { consistency: 'consistent' }))
    : undefined;
  const nodes = mayRead ? await orFailure(consul.catalog.nodes()) : undefined;
  const nodeName =
    seen.self instanceof CodedError ? knownChecks.find(({ node }) => node !== '')?.node : seen.self.nodeName;
  const nodeAddress = seen.self instanceof CodedError ? '' : seen.self.address;
  return {
    desired,
    isAddressChosen: service.address !== 'auto',
    consulAddress,
    nodeName,
    nodeAddress,
    services: known,
    checks: knownChecks,
    catalog: catalog === undefined || catalog instanceof CodedError ? undefined : catalog.value,
    nodeCount: nodes === undefined || nodes instanceof CodedError ? 1 : nodes.value.length,
    localAddresses: localAddresses(),
    dials: await dialAll(desired, known, nodeAddress),
  };
}

/** Opens and closes a connection to each `host:port`. */
export async function dial(places: Iterable<string>): Promise<ReadonlyMap<string, DialResult>> {
  const { signal } = new AbortController();
  const results = [...new Set(places)].map(async (place): Promise<readonly [string, DialResult]> => {
    const address = splitHostPort(place);
    return [place, address === undefined ? 'unclear' : await probeAddress(address, DIAL_TIMEOUT_MS, signal)];
  });
  return new Map(await Promise.all(results));
}

/** With the token denied, reads are answered 200 and empty: they say nothing then. */
export function mayReadCatalog({ rights }: ConsulEvidence, service?: string): boolean {
  if (rights instanceof CodedError) return false;
  return (rights ?? []).every(
    ({ resource, access, segment, isAllowed }) =>
      isAllowed ||
      !(resource === 'node' || (resource === 'service' && access === 'read' && (service ?? segment) === segment)),
  );
}

async function wanted({ consul, consulAddress, service, appPort }: RegistrationSubject): Promise<Desired | CodedError> {
  const settings = configuredService(service, appPort);
  const context = addressContext(consul, consulAddress);
  const address = await orFailure(resolveAddress(settings.address, context, AbortSignal.timeout(10_000)));
  if (address instanceof CodedError) return address;
  try {
    return desiredService(settings, address);
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
}

function dialAll(
  desired: Desired | CodedError,
  services: ReadonlyMap<string, AgentService>,
  nodeAddress: string,
): Promise<ReadonlyMap<string, DialResult>> {
  if (desired instanceof CodedError) return Promise.resolve(new Map());
  const { name, id, address, port } = desired.service;
  const related = [...services.values()].filter((other) => other.name === name || other.id === id);
  return dial([
    placeOf(address, port),
    placeOf('127.0.0.1', port),
    ...related.map((other) => placeOfService(other, nodeAddress)),
  ]);
}

function localAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).flatMap(({ address, internal }) => (internal ? [] : [address])),
  );
}
