import type { ConsulFacts, LiveState, RegistrationFacts } from '../live-state.ts';
import { byId, setBadge, setText } from './dom.ts';
import { type Fact, FactList } from './fact-list.ts';
import { ago, since, whole } from './words.ts';

/** The three panels at the top: this sidecar, its registration, Consul. */
export class Overview {
  readonly #sidecar = new FactList(byId('sidecar'));
  readonly #registration = new FactList(byId('registration'));
  readonly #consul = new FactList(byId('consul'));

  show(state: LiveState): void {
    const { readiness, registration, consul, version, at } = state;
    const { ready, stale, reasons } = readiness;
    setText(byId('who'), registration === undefined ? 'outbound only' : `beside ${registration.name}`);
    const standing = byId('standing');
    if (reasons.includes('draining')) setBadge(standing, 'draining', 'warn');
    else if (!ready) setBadge(standing, 'not ready', 'bad');
    else if (stale) setBadge(standing, 'serving from an old view', 'warn');
    else setBadge(standing, 'serving', 'good');
    this.#sidecar.show([
      ['State', ready ? 'serving' : 'not ready'],
      ['Because', reasons.length === 0 ? 'all is well' : reasons.join('; ')],
      ['Version', version],
    ]);
    this.#registration.show(registrationFacts(registration, at));
    this.#consul.show(consulFacts(consul, at));
    const maintenance = byId('maintenance');
    maintenance.hidden = registration === undefined;
    setText(maintenance, registration?.maintenance === undefined ? 'Maintenance …' : 'End maintenance …');
  }
}

function registrationFacts(registration: RegistrationFacts | undefined, now: number): readonly Fact[] {
  if (registration === undefined) return [['State', 'none: this sidecar registers no app']];
  const { state, id, port, isInCatalog, maintenance, lastHeartbeatWallMs, lastError } = registration;
  return [
    ['State', state],
    ['Id', id ?? 'not known yet'],
    ['Port', String(port)],
    ['In the catalog', isInCatalog === undefined ? 'not looked yet' : isInCatalog ? 'yes' : 'no'],
    ...(maintenance === undefined ? [] : ([['Maintenance', maintenance.reason || 'yes']] as const)),
    ...(lastHeartbeatWallMs === undefined ? [] : ([['Heartbeat', since(lastHeartbeatWallMs, now)]] as const)),
    ...(lastError === undefined ? [] : ([['Last error', lastError.message]] as const)),
  ];
}

/** What is said of the link to Consul. */
export function consulFacts(consul: ConsulFacts, now: number): readonly Fact[] {
  const { address, isReachable, sinceWallMs, error, requests, polls } = consul;
  const link = isReachable === undefined ? 'not asked yet' : isReachable ? 'reachable' : 'unreachable';
  return [
    ['Link', sinceWallMs === undefined ? link : `${link}, for ${ago(sinceWallMs, now)}`],
    ['Agent', address],
    ['Asked', `${whole(requests)} times`],
    ['Waiting polls', String(polls)],
    ...(error === undefined ? [] : ([['Last error', error]] as const)),
  ];
}
