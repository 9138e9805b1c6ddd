import type { Readiness } from '../../admin/admin-parts.ts';
import type { BridgeJson, BridgeRole } from '../../admin/bridge-parts.ts';
import type { Clock } from '../../runtime/clock.ts';

/** What the bridge is doing, and whether it does it well. */
export class BridgeStanding {
  readonly #clock: Clock;
  #role: BridgeRole = 'starting';
  #sinceWallMs: number;
  /** The bridge that leads, as it named itself; undefined: not known, or none. */
  leader: string | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sinceWallMs = clock.wallMs();
  }

  get role(): Pick<BridgeJson, 'role' | 'roleSinceWallMs' | 'leader'> {
    return { role: this.#role, roleSinceWallMs: this.#sinceWallMs, leader: this.leader };
  }

  /** Takes another role; the same one again changes nothing. */
  enter(role: BridgeRole): void {
    if (role === this.#role) return;
    this.#role = role;
    this.#sinceWallMs = this.#clock.wallMs();
  }

  /**
   * A standby is ready while somebody leads: it is there to take over. One that leads is ready once it has compared everything, and stale
   * while it could not do so again or hears nothing of Marathon.
   * @param isConsulReachable undefined while nothing has been asked
   */
  readiness(report: BridgeJson, isConsulReachable: boolean | undefined): Readiness {
    if (this.#role === 'stopping') return notReady('stopping');
    if (this.#role !== 'leading') {
      if (isConsulReachable !== true) return notReady('waiting for Consul, to see who leads');
      if (this.#role === 'starting' || this.leader === undefined) return notReady('nobody leads yet');
      return { ready: true, stale: false, reasons: [`standby: ${this.leader} leads`] };
    }
    const { sync, purge, unreadableAgents } = report;
    const stale = [
      ...(sync.error === undefined ? [] : [`Marathon and Consul could not be compared: ${sync.error}`]),
      ...(hears(report.events) ? [] : ['no events come from Marathon']),
    ];
    if (sync.lastWallMs === undefined) return notReady(...stale.slice(0, 1), 'nothing has been compared yet');
    const notes = [
      ...(purge.refused === undefined ? [] : [purge.refused]),
      ...(unreadableAgents.length === 0 ? [] : [`agents that cannot be read: ${unreadableAgents.length}`]),
    ];
    return { ready: true, stale: stale.length > 0, reasons: [...stale, ...notes] };
  }
}

/** Whether events come in at least one of the ways that are wanted. */
function hears({ stream, callback }: BridgeJson['events']): boolean {
  return stream?.isConnected === true || callback?.isSubscribed === true;
}

function notReady(...reasons: readonly string[]): Readiness {
  return { ready: false, stale: false, reasons };
}
