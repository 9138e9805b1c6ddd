import type { AgentService } from '../../consul/decode/agent.ts';
import { addressOf } from '../../consul/health-status.ts';
import type { DesiredService } from '../desired-service.ts';
import { isIp, isLoopback } from '../ip-range.ts';
import { type Finding, problem } from './finding.ts';
import { placeOf, placeOfService, type RegistrationEvidence } from './registration-evidence.ts';

/** Judges what else is registered: leftovers of earlier runs, and others that claim the app's place. Pure. */
export function diagnoseNeighbours(service: DesiredService, evidence: RegistrationEvidence): readonly Finding[] {
  const { services, nodeAddress } = evidence;
  const place = placeOf(service.address, service.port);
  const findings: Finding[] = [];
  for (const other of services.values()) {
    if (other.id === service.id || other.kind !== '') continue;
    if (placeOfService(other, nodeAddress) === place) findings.push(samePlace(service, other, evidence));
    else if (other.name === service.name) findings.push(...sibling(service, other, evidence));
  }
  return [...findings, ...ghosts(service, place, evidence)];
}

/**
 * Whether the other registration is this very app's, at an address that others cannot reach: the same port on loopback
 * or on an address that this machine does not have, without an instance of its own there.
 */
export function isMisplacedTwin(
  service: DesiredService,
  other: AgentService,
  { localAddresses, nodeAddress, dials }: Pick<RegistrationEvidence, 'localAddresses' | 'nodeAddress' | 'dials'>,
): boolean {
  if (other.id === service.id || other.name !== service.name || other.port !== service.port) return false;
  const address = other.address === '' ? nodeAddress : other.address;
  if (address === service.address) return false;
  if (isLoopback(address)) return true;
  return isIp(address) && !localAddresses.includes(address) && dials.get(placeOf(address, other.port)) !== 'answers';
}

function samePlace(service: DesiredService, other: AgentService, evidence: RegistrationEvidence): Finding {
  const place = placeOf(service.address, service.port);
  if (other.name === service.name) {
    const message = `${other.id} is a second registration of ${place}, left by an earlier run or made by another program: it gets twice its share`;
    return problem('orphan', message, removal(other, evidence));
  }
  const message = `${place} is registered as ${other.name} too (${other.id}): whoever answers there answers for both`;
  const remedy = `set service.port to the app’s own, or, if ${other.name} is gone, ${removal(other, evidence)}`;
  return problem('address_in_use', message, remedy);
}

function sibling(service: DesiredService, other: AgentService, evidence: RegistrationEvidence): readonly Finding[] {
  const place = placeOfService(other, evidence.nodeAddress);
  if (isMisplacedTwin(service, other, evidence)) {
    const why = isLoopback(other.address)
      ? 'only this machine itself reaches it there'
      : 'this machine has no such address';
    const message = `${other.id} registers the app at ${place}: ${why}; it belongs at ${placeOf(service.address, service.port)}`;
    const remedy = `set service.address (or register with the right address), and ${removal(other, evidence)}`;
    return [problem('wrong_address', message, remedy)];
  }
  // One that answers is another instance on the same node, which is nobody's mistake.
  if (evidence.dials.get(place) !== 'refuses') return [];
  const message = `${other.id} is left by an earlier run: connections to ${place} are refused`;
  return [problem('orphan', message, removal(other, evidence))];
}

/** In the catalog on this node, or at this place, but at no agent that we know. */
function ghosts(service: DesiredService, place: string, evidence: RegistrationEvidence): readonly Finding[] {
  const { catalog, nodeName, services } = evidence;
  if (catalog === undefined || nodeName === undefined) return [];
  return catalog.flatMap((entry) => {
    const { node, service: other } = entry;
    const isSamePlace = placeOf(addressOf(entry), other.port) === place && !isLoopback(addressOf(entry));
    const isGhost = node.name === nodeName ? !services.has(other.id) : isSamePlace;
    if (!isGhost || (node.name === nodeName && other.id === service.id)) return [];
    const message = `the catalog lists ${other.id} on node ${node.name} at ${placeOf(addressOf(entry), other.port)}, and the agent there does not have it: it is left by an agent that is gone`;
    const remedy = `if no such agent runs, take it out: curl -X PUT ${evidence.consulAddress}/v1/catalog/deregister -d '{"Node":"${node.name}","ServiceID":"${other.id}"}'`;
    return [problem('orphan', message, remedy)];
  });
}

function removal({ id }: AgentService, { consulAddress }: RegistrationEvidence): string {
  return `take it away: curl -X PUT ${consulAddress}/v1/agent/service/deregister/${encodeURIComponent(id)}`;
}
