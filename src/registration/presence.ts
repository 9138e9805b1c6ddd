import type { AgentApi } from '../consul/agent.ts';
import type { AgentServiceHealth } from '../consul/decode/agent.ts';
import type { HealthApi } from '../consul/health.ts';
import type { DesiredService } from './desired-service.ts';
import type { AppHealth } from './health-gate.ts';
import type { RegistrationListener } from './registration-event.ts';
import { serviceDifference } from './service-difference.ts';

/** What of the Consul client a registration needs. */
export interface PresenceConsul {
  readonly agent: Pick<AgentApi, 'register' | 'deregister' | 'serviceHealth' | 'maintainService'>;
  readonly health: Pick<HealthApi, 'service'>;
}

/** How the service is to be present. */
export interface WantedPresence {
  readonly isRegistered: boolean;
  /** The reason of a maintenance; undefined for none. */
  readonly maintenance: string | undefined;
}

/** What a {@link Presence} is made of. */
export interface PresenceOptions {
  readonly service: DesiredService;
  readonly consul: PresenceConsul;
  /** How the app is now, by a look of our own; asked before its checks are new to the agent. */
  readonly appHealth: (signal: AbortSignal) => Promise<AppHealth>;
  /** The app was waited for, so it is looked at before its first registration too. */
  readonly isAppAwaited: boolean;
  readonly onEvent: RegistrationListener;
}

/** The deregistration at the end must not keep the process from ending. */
const LEAVE_TIMEOUT_MS = 3000;

/**
 * One service at one agent. {@link reconcile} makes the agent have it as it is wanted, whatever the agent has been
 * through; it is never called while it runs, so nothing is ever registered twice at once.
 */
export class Presence {
  readonly service: DesiredService;
  readonly #consul: PresenceConsul;
  readonly #appHealth: PresenceOptions['appHealth'];
  readonly #isAppAwaited: boolean;
  readonly #onEvent: RegistrationListener;
  #isOurs = false;
  #mayBeThere = false;
  #maintenance: string | undefined;
  #registrations = 0;
  #isInCatalog: boolean | undefined;
  #health: AgentServiceHealth | undefined;

  constructor({ service, consul, appHealth, isAppAwaited, onEvent }: PresenceOptions) {
    this.service = service;
    this.#consul = consul;
    this.#appHealth = appHealth;
    this.#isAppAwaited = isAppAwaited;
    this.#onEvent = onEvent;
  }

  /** How often it was registered. */
  get registrations(): number {
    return this.#registrations;
  }

  /** Whether the agent has it, as far as is known. */
  get isRegistered(): boolean {
    return this.#isOurs;
  }

  /** Whether the catalog has it; undefined while nobody has looked. */
  get isInCatalog(): boolean | undefined {
    return this.#isInCatalog;
  }

  /** What the agent last told of its checks. */
  get health(): AgentServiceHealth | undefined {
    return this.#health;
  }

  /** @throws ConsulError; the next call takes up where this one failed */
  async reconcile(wanted: WantedPresence, signal: AbortSignal): Promise<void> {
    if (!wanted.isRegistered) return await this.leave();
    const because = this.#isOurs ? await this.#difference(signal) : 'start';
    if (because !== undefined) await this.#register(because, signal);
    if (this.#maintenance !== wanted.maintenance) await this.#maintain(wanted.maintenance, signal);
    if (this.#isInCatalog !== true) await this.#lookInCatalog(signal);
  }

  /** Takes the service away from the agent, if it may be there. @throws ConsulError */
  async leave(): Promise<void> {
    if (!this.#mayBeThere) return;
    const { id } = this.service;
    await this.#consul.agent.deregister(id, { timeoutMs: LEAVE_TIMEOUT_MS });
    this.#mayBeThere = false;
    this.#isOurs = false;
    this.#isInCatalog = false;
    this.#maintenance = undefined;
    this.#onEvent({ kind: 'deregistered', id });
  }

  async #difference(signal: AbortSignal): Promise<string | undefined> {
    this.#health = await this.#consul.agent.serviceHealth(this.service.id, { signal });
    return this.#health === undefined ? 'lost' : serviceDifference(this.service, this.#health);
  }

  async #register(because: string, signal: AbortSignal): Promise<void> {
    const { id } = this.service;
    // Said before it is done: an aborted call may have arrived.
    this.#mayBeThere = true;
    this.#isOurs = false;
    const service =
      because === 'lost' || (because === 'start' && this.#isAppAwaited) ? await this.#asItIs(signal) : this.service;
    await this.#consul.agent.register(service, { replaceExistingChecks: true, signal });
    this.#isOurs = true;
    this.#isInCatalog = undefined;
    this.#registrations += 1;
    // Registering takes the maintenance check away with all others that it does not name.
    this.#maintenance = undefined;
    this.#onEvent({ kind: 'registered', id, because });
  }

  /**
   * New checks begin as critical, and until each has run once (an interval at most) no caller would use the instance; an
   * agent that has lost its state has lost everybody's. So when the app answers our own look, its checks begin as what
   * we see. gRPC checks are left alone: a connection says nothing of them.
   */
  async #asItIs(signal: AbortSignal): Promise<DesiredService> {
    const { status } = await this.#appHealth(signal);
    if (status === 'critical') return this.service;
    const checks = this.service.checks.map((check) =>
      check.probe.kind === 'grpc' ? check : { ...check, status: check.status ?? status },
    );
    return { ...this.service, checks };
  }

  async #maintain(reason: string | undefined, signal: AbortSignal): Promise<void> {
    const { id } = this.service;
    await this.#consul.agent.maintainService(id, reason !== undefined, { reason, signal });
    this.#maintenance = reason;
    this.#onEvent({ kind: 'maintenance', id, reason });
  }

  /** Registering answers 200 also when nothing comes of it (docs/consul-client.md 16, 30): what counts is what others see. */
  async #lookInCatalog(signal: AbortSignal): Promise<void> {
    const { name, id, address, port } = this.service;
    const { value: entries } = await this.#consul.health.service(name, { signal });
    const isThere = entries.some(
      ({ service }) => service.id === id && service.address === address && service.port === port,
    );
    if (isThere) this.#onEvent({ kind: 'in_catalog', id });
    this.#isInCatalog = isThere;
  }
}
