/** How far the registration is. */
export type RegistrationState = 'waiting-for-app' | 'registering' | 'registered' | 'deregistered';

/** A check of the registration, as Consul last told it. */
export interface RegisteredCheck {
  readonly id: string;
  readonly kind: string;
  /** Undefined while Consul has not told. */
  readonly status: string | undefined;
  readonly output: string | undefined;
}

/** Everything about the own registration, for the admin API. Times are wall-clock milliseconds. */
export interface RegistrationStatus {
  readonly state: RegistrationState;
  readonly name: string;
  /** Undefined until the address is known. */
  readonly id: string | undefined;
  readonly address: string | undefined;
  readonly port: number;
  /** Whether it is wanted in the catalog: false once it has been told to leave. */
  readonly isWanted: boolean;
  /** Since when the agent has known it without a break that was noticed. */
  readonly registeredSinceWallMs: number | undefined;
  /** How often it was registered; more than 1 means that the agent had lost or changed it. */
  readonly registrations: number;
  /** Undefined while nobody has looked. */
  readonly isInCatalog: boolean | undefined;
  readonly maintenance: { readonly reason: string; readonly untilWallMs: number | undefined } | undefined;
  readonly lastHeartbeatWallMs: number | undefined;
  /** Undefined when the last exchange with Consul went well. */
  readonly lastError: { readonly code: string; readonly message: string; readonly atWallMs: number } | undefined;
  readonly checks: readonly RegisteredCheck[];
}
