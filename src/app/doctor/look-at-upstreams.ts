import type { ConsulClient } from '../../consul/consul-client.ts';
import type { ConsulEvidence } from '../../registration/doctor/diagnose-consul.ts';
import type { UpstreamEvidence } from '../../registration/doctor/diagnose-upstreams.ts';
import { CodedError } from '../../runtime/coded-error.ts';
import { closestName } from '../closest-name.ts';
import type { Config, UpstreamConfig } from '../config.ts';
import { orFailure } from './look-at-consul.ts';
import { dial, mayReadCatalog } from './look-at-registration.ts';

/** Gathers what there is to see of the configured upstreams: their instances, and their fixed addresses. */
export async function lookAtUpstreams(
  consul: ConsulClient,
  { upstreams }: Config,
  seen: ConsulEvidence,
): Promise<readonly UpstreamEvidence[]> {
  const names = seen.hasLeader ? await orFailure(consul.catalog.services()) : undefined;
  const known = names === undefined || names instanceof CodedError ? [] : [...names.value.keys()];
  return Promise.all(
    Object.entries(upstreams).map(async ([name, upstream]): Promise<UpstreamEvidence> => {
      const { service = name, tag, datacenter, endpoints } = upstream;
      const isAsked = endpoints === undefined && seen.hasLeader && mayReadCatalog(seen, service);
      const answer = isAsked ? await orFailure(consul.health.service(service, { datacenter })) : undefined;
      return {
        name,
        service,
        tag,
        datacenter,
        instances: answer === undefined || answer instanceof CodedError ? answer : answer.value,
        closest: closestName(service, known),
        addresses: await fixedAddresses(upstream),
      };
    }),
  );
}

async function fixedAddresses({
  endpoints = [],
  fallback = [],
}: UpstreamConfig): Promise<UpstreamEvidence['addresses']> {
  const dials = await dial([...endpoints, ...fallback]);
  const of = (setting: 'endpoints' | 'fallback', places: readonly string[]) =>
    places.map((place) => ({ setting, place, dial: dials.get(place) ?? 'unclear' }));
  return [...of('endpoints', endpoints), ...of('fallback', fallback)];
}
