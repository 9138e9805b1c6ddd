import type { UpstreamName } from '../upstream/upstream-name.ts';

/** What a Host (or the authority of an absolute target) says. */
export type HostKind =
  | { readonly kind: 'local' }
  | { readonly kind: 'service'; readonly name: UpstreamName }
  /** One label, as in `http://orders/`: a service only if we know it. */
  | { readonly kind: 'label'; readonly name: UpstreamName }
  | { readonly kind: 'foreign' }
  /** Not a host at all. */
  | { readonly kind: 'malformed' };

const AUTHORITY = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?)\.?)(?::(\d{1,5}))?$/;
const MAX_PORT = 65_535;
/** Consul's rules for names, and `_`, which it warns about but takes. */
const NAME = /^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$/;
const MAX_NAME = 63;

/** The host of an authority in lower case, without port, brackets and final dot; undefined when it is none. */
export function hostOf(authority: string): string | undefined {
  const match = AUTHORITY.exec(authority);
  if (match === null || Number(match[3] ?? 0) > MAX_PORT) return undefined;
  return (match[1] ?? match[2] ?? '').toLowerCase();
}

/** Whether a host is this machine by any of its loopback names. */
function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** What kind of host `authority` is, for a proxy that may also be called under the names in `own`. */
export function classifyHost(authority: string, own: ReadonlySet<string>): HostKind {
  const host = hostOf(authority);
  if (host === undefined) return { kind: 'malformed' };
  if (isLoopbackHost(host) || own.has(host)) return { kind: 'local' };
  const labels = host.split('.');
  const last = labels.at(-1);
  if (last === 'localhost') return serviceFrom(labels.slice(0, -1), undefined);
  if (last === 'consul') return consulName(labels.slice(0, -1));
  if (labels.length === 1 && NAME.test(host)) return { kind: 'label', name: { name: host } };
  return { kind: 'foreign' };
}

/** `[tag.]name.service[.dc]`, as Consul's DNS has it. */
function consulName(labels: readonly string[]): HostKind {
  if (labels.at(-1) === 'service') return serviceFrom(labels.slice(0, -1), undefined);
  if (labels.at(-2) === 'service') return serviceFrom(labels.slice(0, -2), labels.at(-1));
  return { kind: 'foreign' };
}

function serviceFrom(labels: readonly string[], datacenter: string | undefined): HostKind {
  const [first, second] = labels;
  if (first === undefined || labels.length > 2) return { kind: 'malformed' };
  const name = second ?? first;
  const tag = second === undefined ? undefined : first;
  if (!NAME.test(name) || (tag !== undefined && !NAME.test(tag))) return { kind: 'malformed' };
  if (datacenter !== undefined && !NAME.test(datacenter)) return { kind: 'malformed' };
  return { kind: 'service', name: { name, tag, datacenter } };
}

/** Reads `[tag.]name[@dc]`, the first segment of a path; undefined when it is not a name that Consul could have. */
export function parseServiceSegment(segment: string): UpstreamName | undefined {
  if (segment.length > 3 * MAX_NAME + 2) return undefined;
  const lower = segment.toLowerCase();
  const at = lower.indexOf('@');
  const datacenter = at < 0 ? undefined : lower.slice(at + 1);
  const service = at < 0 ? lower : lower.slice(0, at);
  const dot = service.indexOf('.');
  const tag = dot < 0 ? undefined : service.slice(0, dot);
  const name = dot < 0 ? service : service.slice(dot + 1);
  if (!NAME.test(name) || (tag !== undefined && !NAME.test(tag))) return undefined;
  if (datacenter !== undefined && !NAME.test(datacenter)) return undefined;
  return { name, tag, datacenter };
}
