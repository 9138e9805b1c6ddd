import type { AgentService } from '../../consul/decode/agent.ts';
import { addressOf, isMaintenanceCheck } from '../../consul/health-status.ts';
import type { DesiredService } from '../desired-service.ts';
import { isIp, isLoopback } from '../ip-range.ts';
import { serviceDifference } from '../service-difference.ts';
import { diagnoseChecks } from './diagnose-checks.ts';
import { diagnoseNeighbours, isMisplacedTwin } from './diagnose-neighbours.ts';
import { type Finding, fine, note, problem } from './finding.ts';
import { placeOf, placeOfService, type RegistrationEvidence } from './registration-evidence.ts';

/** Judges the app's registration: the wanted one, the agent's, the catalog's, and what answers at its address. Pure. */
export function diagnoseRegistration(evidence: RegistrationEvidence): readonly Finding[] {
  const { desired, services } = evidence;
  if (desired instanceof Error) {
    return [problem('service_config', desired.message, 'correct the service section (pilotfish config show)')];
  }
  const { service, warnings } = desired;
  const actual = services.get(service.id);
  return [
    ...warnings.map((message) => note('service_config', message)),
    ...(actual === undefined ? absent(service, evidence) : present(service, actual, evidence)),
    ...diagnoseNeighbours(service, evidence),
  ];
}

function absent(service: DesiredService, evidence: RegistrationEvidence): readonly Finding[] {
  const findings = dialBack(service, evidence);
  const twins = [...evidence.services.values()].filter((other) => isMisplacedTwin(service, other, evidence));
  // It is there after all, under an id made of the wrong address: that is told where the neighbours are looked at.
  if (twins.length > 0) return findings;
  const message = `${service.name} is not registered: the agent has no service ${service.id}`;
  const remedy =
    'start the sidecar (pilotfish run), and see its log: it registers once the app answers, and says why if it cannot';
  return [problem('not_registered', message, remedy), ...findings];
}

function present(service: DesiredService, actual: AgentService, evidence: RegistrationEvidence): readonly Finding[] {
  const { id, name } = service;
  const place = placeOfService(actual, evidence.nodeAddress);
  if (actual.name !== name) {
    const message = `the id ${id} belongs to the service ${actual.name} at ${place}: two programs register with one id, and the last one wins`;
    return [problem('duplicate_id', message, 'give one of them another service.id, or leave it out')];
  }
  if (actual.port !== service.port || actual.address !== service.address) return [elsewhere(service, place, evidence)];
  const own = evidence.checks.filter((check) => check.serviceId === id || check.serviceId === '');
  const checks = own.filter((check) => check.serviceId === id);
  const status = checks.some(isMaintenanceCheck) ? 'maintenance' : 'passing';
  const difference = serviceDifference(service, { status, service: actual, checks });
  const remedy = 'a running sidecar puts it right within 30 s; if it comes back, another program registers it too';
  const dialled = dialBack(service, evidence);
  return [
    difference === undefined
      ? fine('registered', `${name} is registered as ${id} at ${place}`)
      : problem('registration_differs', `${id} is registered, but with other ${difference} than wanted`, remedy),
    ...dialled,
    ...diagnoseChecks(own, { service, answers: evidence.dials.get(place) === 'answers', ...evidence }),
    ...inCatalog(service, evidence),
  ];
}

/** The agent has the id at another place than it should be. */
function elsewhere(service: DesiredService, place: string, evidence: RegistrationEvidence): Finding {
  const { id } = service;
  const wanted = placeOf(service.address, service.port);
  const actual = evidence.services.get(id);
  const isOtherProgram = evidence.dials.get(place) === 'answers' && actual?.port !== service.port;
  if (isOtherProgram) {
    const message = `the id ${id} is registered at ${place}, where something answers, and wanted at ${wanted}: two programs register with one id`;
    return problem('duplicate_id', message, 'give one of them another service.id, or leave it out');
  }
  const message = `${id} is registered at ${place}, and the app is at ${wanted}`;
  return problem('wrong_address', message, 'restart the sidecar, or set service.address to what others can reach');
}

/** What answers where the app is said to be. */
function dialBack(service: DesiredService, evidence: RegistrationEvidence): readonly Finding[] {
  const { address, port, id } = service;
  const { dials, localAddresses, isAddressChosen } = evidence;
  const place = placeOf(address, port);
  const dial = dials.get(place);
  if (isLoopback(address) && hasOtherMachines(evidence)) {
    const remedy = `set service.address to an address of this machine${localAddresses.length > 0 ? `: ${localAddresses.join(', ')}` : ''}`;
    return [problem('wrong_address', `${id} is at ${address}, which is another machine for every caller`, remedy)];
  }
  if (dial === 'answers') return [fine('dial_back', `something answers at ${place}`)];
  const isOurs = isLoopback(address) || localAddresses.includes(address);
  if (isIp(address) && !isOurs) {
    const remedy = `set service.address to an address of this machine: ${localAddresses.join(', ') || 'none is known'}`;
    const how = isAddressChosen ? 'service.address' : 'the address that was found';
    return [
      problem(
        'wrong_address',
        `${how}, ${address}, is none of this machine’s, and nothing answers at ${place}`,
        remedy,
      ),
    ];
  }
  if (dials.get(placeOf('127.0.0.1', port)) === 'answers') {
    const message = `the app listens on 127.0.0.1:${port} only; at ${place}, where callers go, nothing answers`;
    return [problem('unreachable_address', message, `let the app listen on 0.0.0.0, or on ${address}`)];
  }
  const why = dial === 'silent' ? 'packets to it are dropped' : 'connections are refused';
  const remedy =
    dial === 'silent' ? 'look at the firewall' : `start the app, or set service.port to the port it listens on`;
  return [problem('unreachable_address', `nothing answers at ${place}: ${why}`, remedy)];
}

/** Whether there are callers for whom loopback is not this machine. */
function hasOtherMachines(evidence: RegistrationEvidence): boolean {
  const { nodeCount, nodeName, nodeAddress, localAddresses, catalog = [] } = evidence;
  const isAgentElsewhere = nodeAddress !== '' && !isLoopback(nodeAddress) && !localAddresses.includes(nodeAddress);
  if (nodeCount > 1 || isAgentElsewhere) return true;
  return catalog.some((entry) => entry.node.name !== nodeName && !isLoopback(addressOf(entry)));
}

/** Whether the catalog has what the agent has. */
function inCatalog({ id, name }: DesiredService, { catalog, nodeName }: RegistrationEvidence): readonly Finding[] {
  if (catalog === undefined || nodeName === undefined) return [];
  if (catalog.some(({ node, service }) => node.name === nodeName && service.id === id)) {
    return [fine('in_catalog', `the catalog has ${id} on ${nodeName}`)];
  }
  const message = `the agent has ${id}, the catalog has not: nobody finds ${name} there`;
  const remedy =
    'see the agent’s log for "sync": a node id or name that is taken, or an agent token without service:write, keep it from telling the servers';
  return [problem('not_in_catalog', message, remedy)];
}
