import type { HealthCheck } from '../../consul/decode/health.ts';
import { isMaintenanceCheck } from '../../consul/health-status.ts';
import type { DesiredService } from '../desired-service.ts';
import { type Finding, fine, note, problem } from './finding.ts';

/** What is known besides the checks themselves. */
export interface CheckCircumstances {
  readonly service: DesiredService;
  /** Whether a connection from here to the app's address succeeded. */
  readonly answers: boolean;
}

/** Outputs of probes that never got through, as Consul's agents write them. */
const NO_WAY =
  /connection refused|i\/o timeout|no route to host|deadline exceeded|network is unreachable|no such host/i;

/** Judges the checks of the service and of its node by what they say. Pure. */
export function diagnoseChecks(checks: readonly HealthCheck[], circumstances: CheckCircumstances): readonly Finding[] {
  const { service } = circumstances;
  const failing = checks.filter(({ status }) => status !== 'passing');
  const own = checks.filter(({ serviceId }) => serviceId === service.id);
  if (failing.length > 0) return failing.map((check) => diagnoseCheck(check, circumstances));
  if (own.length === 0)
    return [note('checks', `${service.id} has no check: it counts as passing even when it is dead`)];
  return [fine('checks', `${own.length === 1 ? 'its check passes' : `its ${own.length} checks pass`}`)];
}

function diagnoseCheck(check: HealthCheck, { service, answers }: CheckCircumstances): Finding {
  const { output, name, id, status } = check;
  const said = firstLine(output);
  if (isMaintenanceCheck(check)) {
    const remedy = check.serviceId === '' ? 'consul maint -disable' : 'pilotfish maint off';
    return problem('maintenance', `it is in maintenance: ${check.notes || said || 'no reason was given'}`, remedy);
  }
  if (check.serviceId === '') {
    const message = `the check "${name}" of the node is ${status}, which counts for all its services: ${said}`;
    return problem('node_check_failing', message, 'see consul members and the agent’s log');
  }
  const isTtl =
    service.checks.some((wanted) => wanted.id === id && wanted.probe.kind === 'ttl') || check.type === 'ttl';
  if (isTtl && /TTL expired/i.test(output)) {
    const message = `no heartbeat came in time for the TTL check "${name}": ${said}`;
    return problem(
      'ttl_late',
      message,
      'start the sidecar; if it runs, see its log for why it does not reach the agent',
    );
  }
  if (said === '') {
    const message = `the check "${name}" is ${status}, and has not said anything yet`;
    return problem('check_failing', message, 'wait for its first interval, then look again');
  }
  if (answers && NO_WAY.test(output)) {
    const message = `the app answers from here, but the agent’s check "${name}" does not get through: ${said}`;
    const remedy = 'the agent is in another network (a container, another host): give the app an address it can reach';
    return problem('unreachable_from_node', message, remedy);
  }
  return problem('check_failing', `the check "${name}" is ${status}: ${said}`, remedyFor(output, answers));
}

function remedyFor(output: string, answers: boolean): string {
  if (/\b404\b|not the instance/i.test(output)) {
    return 'set check.http to the app’s health path; if that is right, another program answers on this port';
  }
  if (/certificate|tls:|x509/i.test(output)) return 'give the check the right name or CA, or tlsSkipVerify';
  return answers ? 'see the app’s log: it answers, and says that it is not well' : 'start the app';
}

function firstLine(output: string): string {
  return output.trim().split('\n')[0]?.slice(0, 300) ?? '';
}
