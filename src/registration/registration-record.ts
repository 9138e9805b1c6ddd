import type { Clock } from '../runtime/clock.ts';
import type { CodedError } from '../runtime/coded-error.ts';
import type { Presence } from './presence.ts';
import type { RegistrationState, RegistrationStatus } from './registration-status.ts';

/** A maintenance under way; `untilMs` is monotonic. */
export interface Maintenance {
  readonly reason: string;
  readonly untilMs: number | undefined;
}

/** What is told beside the record itself. */
export interface StatusParts {
  readonly name: string;
  readonly port: number;
  readonly presence: Presence | undefined;
  readonly state: RegistrationState;
  readonly isWanted: boolean;
  readonly maintenance: Maintenance | undefined;
}

/** What has happened to a registration, for people to read. */
export class RegistrationRecord {
  readonly #clock: Clock;
  #registeredSinceWallMs: number | undefined;
  #lastHeartbeatWallMs: number | undefined;
  #lastError: RegistrationStatus['lastError'];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The agent has it (again), or does not any more. */
  registered(isRegistered: boolean): void {
    this.#registeredSinceWallMs = isRegistered ? this.#clock.wallMs() : undefined;
  }

  heartbeat(): void {
    this.#lastHeartbeatWallMs = this.#clock.wallMs();
  }

  /** An exchange with the agent went well. */
  succeeded(): void {
    this.#lastError = undefined;
  }

  /** One did not. True when that is news: the last one went well, or failed in another way. */
  failed({ code, message }: CodedError): boolean {
    const isNews = this.#lastError?.code !== code;
    this.#lastError = { code, message, atWallMs: this.#clock.wallMs() };
    return isNews;
  }

  status({ name, port, presence, state, isWanted, maintenance }: StatusParts): RegistrationStatus {
    const service = presence?.service;
    const told = new Map(presence?.health?.checks.map((check) => [check.id, check]));
    return {
      state,
      name,
      id: service?.id,
      address: service?.address,
      port,
      isWanted,
      registeredSinceWallMs: this.#registeredSinceWallMs,
      registrations: presence?.registrations ?? 0,
      isInCatalog: presence?.isInCatalog,
      maintenance: maintenance && { reason: maintenance.reason, untilWallMs: this.#wall(maintenance.untilMs) },
      lastHeartbeatWallMs: this.#lastHeartbeatWallMs,
      lastError: this.#lastError,
      checks: (service?.checks ?? []).map(({ id, probe }) => ({
        id,
        kind: probe.kind,
        status: told.get(id)?.status,
        output: told.get(id)?.output,
      })),
    };
  }

  #wall(atMs: number | undefined): number | undefined {
    return atMs === undefined ? undefined : this.#clock.wallMs() + atMs - this.#clock.nowMs();
  }
}
