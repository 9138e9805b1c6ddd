import type { HealthEntry } from '../../consul/decode/health.ts';
import { healthOf } from '../../consul/health-status.ts';
import type { CodedError } from '../../runtime/coded-error.ts';
import { type Finding, fine, note, problem } from './finding.ts';
import type { DialResult } from './registration-evidence.ts';

/** What was seen of one upstream of the configuration. */
export interface UpstreamEvidence {
  /** Its name in the configuration. */
  readonly name: string;
  readonly service: string;
  readonly tag: string | undefined;
  readonly datacenter: string | undefined;
  /** Its instances, with any tag; why they could not be read; or undefined: it has a fixed list, or may not be read. */
  readonly instances: readonly HealthEntry[] | CodedError | undefined;
  /** The service in the catalog that was probably meant. */
  readonly closest: string | undefined;
  /** What connections to the addresses in the configuration showed. */
  readonly addresses: readonly {
    readonly setting: 'endpoints' | 'fallback';
    readonly place: string;
    readonly dial: DialResult;
  }[];
}

/** Judges the configured upstreams: are they in the catalog, is one well, do the fixed addresses answer. Pure. */
export function diagnoseUpstreams(upstreams: readonly UpstreamEvidence[]): readonly Finding[] {
  return upstreams.flatMap((upstream) => [...inCatalog(upstream), ...fixedAddresses(upstream)]);
}

function inCatalog(upstream: UpstreamEvidence): readonly Finding[] {
  const { name, service, tag, datacenter, instances, closest } = upstream;
  if (instances === undefined) return [];
  const path = `upstreams.${name}`;
  const where = datacenter === undefined ? 'the catalog' : `the catalog of ${datacenter}`;
  if (instances instanceof Error) {
    return [
      problem(
        'upstream_unreadable',
        `${path}: ${instances.message}`,
        `see upstreams.${name}.datacenter and the token’s rules`,
      ),
    ];
  }
  if (instances.length === 0) {
    const hint = closest === undefined ? '' : ` (did you mean "${closest}"?)`;
    const remedy = `correct ${path}.service, or start ${service} with its sidecar`;
    return [problem('upstream_unknown', `${path}: ${where} has no service ${service}${hint}`, remedy)];
  }
  const tagged = tag === undefined ? instances : instances.filter((entry) => hasTag(entry, tag));
  if (tagged.length === 0) {
    const known = [...new Set(instances.flatMap((entry) => entry.service.tags))].join(', ') || 'none';
    const message = `${path}: none of the ${instances.length} instances of ${service} has the tag ${tag}; their tags: ${known}`;
    return [problem('upstream_tag_unknown', message, `correct ${path}.tag, or tag the instances`)];
  }
  const passing = tagged.filter(({ checks }) => healthOf(checks) === 'passing').length;
  if (passing > 0) return [fine('upstream', `${path}: ${passing} of ${tagged.length} instances of ${service} pass`)];
  return [
    problem(
      'upstream_unwell',
      `${path}: none of the ${tagged.length} instances of ${service} passes: ${whatFails(tagged)}`,
      'look at that service, or set passing: false to use those with a warning',
    ),
  ];
}

function fixedAddresses({ name, addresses }: UpstreamEvidence): readonly Finding[] {
  return addresses.map(({ setting, place, dial }) => {
    const where = `upstreams.${name}.${setting}: ${place}`;
    if (dial === 'answers') return fine(`upstream_${setting}`, `${where} answers`);
    if (dial === 'unclear') return note(`upstream_${setting}`, `${where} could not be dialled`);
    const why = dial === 'silent' ? 'does not answer' : 'refuses, or cannot be found';
    return problem(`upstream_${setting}`, `${where} ${why}`, 'start what should be there, or correct the address');
  });
}

/** Like Consul's own `?tag`, whatever the case. */
function hasTag({ service }: HealthEntry, tag: string): boolean {
  return service.tags.some((each) => each.toLowerCase() === tag.toLowerCase());
}

function whatFails(entries: readonly HealthEntry[]): string {
  for (const { service, checks } of entries) {
    const failing = checks.find(({ status }) => status !== 'passing');
    if (failing !== undefined) {
      return `${service.id}, check "${failing.name}": ${failing.output.trim().split('\n')[0]?.slice(0, 200) || failing.status}`;
    }
  }
  return 'no check says why';
}
