import type { Reason } from '../upstream/explain.ts';

/** Why an instance is used or not, in words for people. */
export function describeReason(reason: Reason): string {
  switch (reason.kind) {
    case 'maintenance':
      return `in maintenance: ${firstLine(reason.check?.output ?? '', 'no reason given')}`;
    case 'critical':
    case 'warning': {
      const { kind, check } = reason;
      return check === undefined ? kind : `${kind}: check “${check.name}” says ${firstLine(check.output, 'nothing')}`;
    }
    case 'no-weight':
      return 'its weight is 0';
    case 'probe-failing':
      return `fails its probes: ${firstLine(reason.output, 'no reason known')}`;
    case 'ejected': {
      const { reason: why, ejections, returnsInMs } = reason;
      return `ejected (${why}, ${ejections}×), back in ${Math.ceil(returnsInMs / 1000)} s`;
    }
    case 'slow-start':
      return `back in use, with ${Math.round(reason.share * 100)} % of its share`;
    case 'panic':
      return 'used all the same: too few are usable';
    case 'far':
      return `not ${reason.key}=${reason.value}, and enough near ones are usable`;
    case 'standby':
      return reason.datacenter === undefined
        ? 'its datacenter is not the one in use'
        : `stands by in ${reason.datacenter}`;
    case 'departed':
      return 'left the catalog; its last requests are under way';
  }
}

const MAX_LINE = 200;

function firstLine(output: string, otherwise: string): string {
  const line = output.trim().split('\n')[0] ?? '';
  if (line === '') return otherwise;
  return line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line;
}
