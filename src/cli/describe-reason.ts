/** A reason as the admin API writes it; see `upstream/explain.ts`. */
export interface ReasonJson {
  readonly kind: string;
  readonly check?: { readonly name: string; readonly output: string };
  readonly reason?: string;
  readonly ejections?: number;
  readonly returnsInMs?: number;
  readonly share?: number;
  readonly key?: string;
  readonly value?: string;
  readonly datacenter?: string;
}

/** A reason in words. */
export function describeReason(reason: ReasonJson): string {
  const { kind, check, ejections = 1, returnsInMs = 0, share = 0, key, value, datacenter } = reason;
  switch (kind) {
    case 'critical':
    case 'warning':
    case 'maintenance':
      return check === undefined ? kind : `${kind}: check "${check.name}" says ${firstLine(check.output)}`;
    case 'no-weight':
      return 'its weight is 0';
    case 'ejected':
      return `ejected (${reason.reason}, ${ejections}×), back in ${Math.ceil(returnsInMs / 1000)} s`;
    case 'slow-start':
      return `back from an ejection, with ${(share * 100).toFixed(0)} % of its share`;
    case 'panic':
      return 'used all the same: too few are usable';
    case 'far':
      return `not ${key}=${value}, and enough near ones are usable`;
    case 'standby':
      return datacenter === undefined ? 'its datacenter is not the one in use' : `stands by in ${datacenter}`;
    case 'departed':
      return 'left the catalog; its last requests are under way';
    default:
      return kind;
  }
}

function firstLine(output: string): string {
  const line = output.trim().split('\n')[0] ?? '';
  return line === '' ? 'nothing' : line;
}
