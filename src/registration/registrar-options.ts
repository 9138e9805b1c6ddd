import type { AgentChecksApi } from '../consul/agent-checks.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { AppProbe } from './app-probe.ts';
import type { AppHealth } from './health-gate.ts';
import type { PresenceConsul } from './presence.ts';
import type { RegistrationListener } from './registration-event.ts';
import type { ServiceSettings } from './service-settings.ts';

/** What a {@link Registrar} is made of. */
export interface RegistrarOptions {
  readonly settings: ServiceSettings;
  readonly consul: PresenceConsul & { readonly agent: { readonly checks: Pick<AgentChecksApi, 'update'> } };
  /** Finds the address that `settings.address` means; see `outbound-address.ts`. Tried again when it rejects. */
  readonly resolveAddress: (signal: AbortSignal) => Promise<string>;
  /** The sidecar's own health URL for this very instance (see `identity-health.ts`); undefined: Consul asks the app. */
  readonly identityUrl?:
    | ((service: { readonly id: string; readonly address: string }) => string | undefined)
    | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly onEvent: RegistrationListener;
  /** Default: dials the app itself. */
  readonly probe?: ((probe: AppProbe, signal: AbortSignal) => Promise<AppHealth>) | undefined;
}

/** A maintenance to begin. */
export interface MaintenanceRequest {
  readonly reason: string;
  /** It ends by itself after this long; undefined: not by itself. */
  readonly forMs?: number | undefined;
}
