import type { MaintenanceOrder, Presence } from '../admin/admin-parts.ts';
import type { ConsulClient } from '../consul/consul-client.ts';
import { resolveAddress } from '../registration/outbound-address.ts';
import { Registrar } from '../registration/registrar.ts';
import type { RegistrationListener } from '../registration/registration-event.ts';
import type { RegistrationStatus } from '../registration/registration-status.ts';
import { systemClock } from '../runtime/clock.ts';
import { systemRandom } from '../runtime/random.ts';
import { addressContext } from './address-context.ts';
import type { ServiceConfig } from './config.ts';
import { configuredService } from './configured-service.ts';
import { HealthListener } from './health-listener.ts';
import { type LeaveOptions, leaveCatalog } from './leave-catalog.ts';

/** What an {@link AppPresence} is made of. */
export interface AppPresenceOptions {
  readonly service: ServiceConfig;
  readonly appPort: number;
  readonly consul: ConsulClient;
  /** The agent's address, as configured. */
  readonly consulAddress: string;
  readonly onEvent: RegistrationListener;
}

/** The app beside the sidecar in Consul's catalog: registered, its health answered for if that is wanted, and taken out. */
export class AppPresence implements Presence, AsyncDisposable {
  readonly #healthListen: string | undefined;
  readonly #registrar: Registrar;
  /** Undefined: Consul asks the app itself. */
  #health: HealthListener | undefined;

  constructor({ service, appPort, consul, consulAddress, onEvent }: AppPresenceOptions) {
    const settings = configuredService(service, appPort);
    const context = addressContext(consul, consulAddress);
    this.#healthListen = service.healthListen;
    this.#registrar = new Registrar({
      settings,
      consul,
      identityUrl: (registered) => this.#health?.urlFor(registered),
      resolveAddress: (signal) => resolveAddress(settings.address, context, signal),
      clock: systemClock,
      random: systemRandom,
      onEvent,
    });
  }

  /** Listens at `service.healthListen`, if it is set; to be called before {@link run}. @throws CodedError `health_listen_failed` */
  async open(): Promise<void> {
    const listen = this.#healthListen;
    const health = (signal: AbortSignal) => this.#registrar.appHealth(signal);
    if (listen !== undefined) this.#health = await HealthListener.open({ listen, health });
  }

  /** Keeps the app registered until `signal` aborts; then takes it out of the catalog. */
  run(signal: AbortSignal): Promise<void> {
    return this.#registrar.run(signal);
  }

  /** Looks at the agent now: something suggests that it was away, and it may have forgotten the app. */
  recheck(): void {
    this.#registrar.recheck();
  }

  status(): RegistrationStatus {
    return this.#registrar.status();
  }

  setMaintenance({ enable, reason, forMs }: MaintenanceOrder): Promise<void> {
    return this.#registrar.setMaintenance(enable ? { reason, forMs } : undefined);
  }

  /** Takes the app out of the catalog and waits until its callers have stopped, while {@link run} goes on. @param hurry aborts the wait */
  leave(options: Omit<LeaveOptions, 'registrar'>, hurry: AbortSignal): Promise<void> {
    return leaveCatalog({ ...options, registrar: this.#registrar }, hurry);
  }

  /** Answers Consul's health checks no more; {@link run} has ended by then. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#health?.[Symbol.asyncDispose]();
  }
}
