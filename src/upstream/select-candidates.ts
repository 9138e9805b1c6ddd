import type { Endpoint } from './endpoint.ts';
import type { Member } from './member.ts';
import type { LocalitySettings, UpstreamSettings } from './upstream-settings.ts';

/** The settings that decide who may be picked. */
export type SelectionSettings = Pick<UpstreamSettings, 'passing' | 'panicBelow' | 'locality'>;

/** Who may be picked now, and why not somebody else. */
export interface Selection {
  readonly candidates: readonly Member[];
  /** Well, not ejected and not failing our probes; the same as `candidates` but in panic, where a retry goes here first. */
  readonly usable: readonly Member[];
  /** Too few are usable: those that are not well, or failed us, are used too. */
  readonly panic: boolean;
  /** Only near ones are candidates (`near`), or all since too few near ones are usable (`spilled`). */
  readonly reach: 'all' | 'near' | 'spilled';
  /** How many the catalog calls well; of these, some may have failed us. */
  readonly wellCount: number;
}

/** Nobody. */
export const EMPTY_SELECTION: Selection = { candidates: [], usable: [], panic: false, reach: 'all', wellCount: 0 };

/** Whether the catalog wants the endpoint to be used at all: not in maintenance, and of some weight. */
export function isOffered({ health, weight }: Endpoint): boolean {
  return health !== 'maintenance' && weight > 0;
}

/** Whether the catalog calls the endpoint well, as this upstream sees it. */
export function isWell({ health }: Endpoint, { passing }: SelectionSettings): boolean {
  return health === 'passing' || (!passing && health === 'warning');
}

/** Whether the member failed us: it was ejected, or does not answer our probes. */
export function hasFailed({ endpoint, outlier }: Member): boolean {
  return outlier.kind === 'ejected' || endpoint.probeFailure !== undefined;
}

/** Whether the endpoint is where the sidecar is. */
export function isNear({ meta }: Endpoint, { key, value }: LocalitySettings): boolean {
  return meta.get(key) === value;
}

/**
 * Chooses the candidates among the members of one view. Called when something changes, never per request.
 *
 * Panic (as in Envoy): when fewer than `panicBelow` of those offered are usable, the usable ones would be overrun, or
 * the health checks are what is broken; so all are used. Two rules keep that from doing harm: nobody is used when the
 * catalog calls not a single one well (that is a service that is down, and is answered as such), and one that the
 * catalog calls unwell and that failed us too stays out.
 */
export function selectCandidates(members: readonly Member[], settings: SelectionSettings): Selection {
  const offered = sifted(members, ({ endpoint }) => isOffered(endpoint));
  const well = sifted(offered, ({ endpoint }) => isWell(endpoint, settings));
  const usable = sifted(well, (member) => !hasFailed(member));
  const wellCount = well.length;
  if (wellCount === 0) return EMPTY_SELECTION;
  if (usable.length / offered.length < settings.panicBelow) {
    const candidates = offered.filter((member) => !hasFailed(member) || isWell(member.endpoint, settings));
    return { candidates, usable, panic: true, reach: 'all', wellCount };
  }
  return { ...preferNear(usable, offered, settings), panic: false, wellCount };
}

/** Those for which it holds; the very list if it holds for all, as it mostly does, so that nothing is kept twice. */
function sifted(members: readonly Member[], holds: (member: Member) => boolean): readonly Member[] {
  return members.every(holds) ? members : members.filter(holds);
}

/** Keeps to the near ones, unless too small a share of them is usable. */
function preferNear(
  usable: readonly Member[],
  offered: readonly Member[],
  { locality }: SelectionSettings,
): Pick<Selection, 'candidates' | 'usable' | 'reach'> {
  if (locality === undefined) return { candidates: usable, usable, reach: 'all' };
  const nearOffered = offered.filter(({ endpoint }) => isNear(endpoint, locality)).length;
  if (nearOffered === 0) return { candidates: usable, usable, reach: 'all' };
  const near = usable.filter(({ endpoint }) => isNear(endpoint, locality));
  if (near.length === 0 || near.length / nearOffered < locality.spillBelow) {
    return { candidates: usable, usable, reach: 'spilled' };
  }
  return { candidates: near, usable: near, reach: 'near' };
}
