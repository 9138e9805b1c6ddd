import type { CheckDefinition } from '../store/catalog-records.ts';
import type { ProbeResult } from './probe.ts';

/** Whose health an alias check takes over. */
export interface AliasTarget {
  /** The alias check itself, which does not count. */
  readonly checkId: string;
  /** Empty: the node's own checks only. */
  readonly serviceId: string;
  /** Whether that service is registered here. */
  readonly isKnown: boolean;
}

/** The worst of the checks of the aliased service and of the node itself. */
export function aliasResult(target: AliasTarget, checks: Iterable<CheckDefinition>): ProbeResult {
  if (!target.isKnown) {
    return { status: 'critical', output: `Service ${target.serviceId} could not be found on node ` };
  }
  let result: ProbeResult = { status: 'passing', output: 'No checks found.' };
  for (const check of checks) {
    if (check.CheckID === target.checkId) continue;
    if (check.ServiceID !== '' && check.ServiceID !== target.serviceId) continue;
    if (check.Status === 'critical' || check.Status === 'warning') {
      result = { status: check.Status, output: `Aliased check ${JSON.stringify(check.Name)} failing: ${check.Output}` };
      if (check.Status === 'critical') return result;
    } else if (result.status === 'passing') {
      result = { status: 'passing', output: 'All checks passing.' };
    }
  }
  return result;
}
