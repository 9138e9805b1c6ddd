import { CodedError } from '../runtime/coded-error.ts';
import { Alarm } from './alarm.ts';
import { AppBeside } from './app-beside.ts';
import { probeApp } from './app-probe.ts';
import { type DesiredService, desiredService } from './desired-service.ts';
import type { AppHealth } from './health-gate.ts';
import { Heartbeat } from './heartbeat.ts';
import { PassPace } from './pass-pace.ts';
import { Presence } from './presence.ts';
import type { MaintenanceRequest, RegistrarOptions } from './registrar-options.ts';
import type { RegistrationEvent } from './registration-event.ts';
import { type Maintenance, RegistrationRecord } from './registration-record.ts';
import type { RegistrationState, RegistrationStatus } from './registration-status.ts';
import { RetryPace } from './retry-pace.ts';
import { waitForApp } from './wait-for-app.ts';

/**
 * Keeps one service registered for as long as {@link run} runs: waits for the app, registers it, keeps its TTL checks
 * alive, looks every 25 s whether the agent still has it as it should be, and takes it away at the end. One loop does
 * all of it, so nothing is ever registered twice at once; everything else only sets what is wanted and wakes the loop.
 */
export class Registrar {
  readonly #options: RegistrarOptions;
  readonly #alarm: Alarm;
  readonly #pace: RetryPace;
  readonly #passes: PassPace;
  readonly #record: RegistrationRecord;
  readonly #app: AppBeside;
  readonly #unwanted = new AbortController();
  #presence: Presence | undefined;
  #heartbeats: readonly Heartbeat[] = [];
  #isWaitingForApp = true;
  #maintenance: Maintenance | undefined;
  #afterPass: ((error: unknown) => void)[] = [];
  #hasEnded = false;

  constructor(options: RegistrarOptions) {
    const { clock, random, settings, resolveAddress, onEvent, probe = probeApp } = options;
    this.#options = options;
    this.#alarm = new Alarm(clock);
    this.#pace = new RetryPace(random);
    this.#passes = new PassPace(random, () => {
      if (this.#presence !== undefined) onEvent({ kind: 'not_in_catalog', id: this.#presence.service.id });
    });
    this.#record = new RegistrationRecord(clock);
    this.#app = new AppBeside({ port: settings.port, resolveAddress, probe });
  }

  /** Everything about the registration, for the admin API. */
  status(): RegistrationStatus {
    const { name, port } = this.#options.settings;
    const isWanted = !this.#unwanted.signal.aborted;
    const maintenance = this.#maintenance;
    return this.#record.status({ name, port, presence: this.#presence, state: this.#state(), isWanted, maintenance });
  }

  /** Looks at the agent now instead of at the next turn: something suggests that it was away. */
  recheck(): void {
    this.#alarm.ring();
  }

  /** How the app is, by its HTTP check or else by a connection to its port; for whoever answers for it. */
  appHealth(signal: AbortSignal): Promise<AppHealth> {
    const check = this.#options.settings.checks.find(({ kind }) => kind === 'http');
    return this.#app.health(check, signal);
  }

  /**
   * Puts the service into maintenance, or ends it (undefined). It is kept up over restarts of the agent; before the
   * service is registered it is only noted.
   * @throws ConsulError when the agent cannot be told now; it will be, as soon as it can
   */
  async setMaintenance(request: MaintenanceRequest | undefined): Promise<void> {
    const untilMs = request?.forMs === undefined ? undefined : this.#options.clock.nowMs() + request.forMs;
    this.#maintenance = request && { reason: request.reason, untilMs };
    if (this.#presence !== undefined) await this.#nextPass();
  }

  /**
   * Takes the service away from Consul, while {@link run} goes on. It does not come back.
   * @throws ConsulError when the agent cannot be told now
   */
  async deregister(): Promise<void> {
    this.#unwanted.abort();
    if (this.#presence !== undefined) await this.#nextPass();
  }

  /** Runs until `signal` aborts, then deregisters, if the agent lets it within 3 s, and ends. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      const presence = await this.#prepare(AbortSignal.any([signal, this.#unwanted.signal]));
      if (presence !== undefined) await this.#keepAll(presence, signal);
      else if (!signal.aborted)
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#unwanted.abort();
      this.#hasEnded = true;
      const failure = await this.#presence?.leave().catch((error: unknown) => this.#note(error));
      for (const done of this.#afterPass.splice(0)) done(failure);
    }
  }

  /** Waits for the app and makes what is to be registered. Undefined when it became unwanted meanwhile. */
  async #prepare(signal: AbortSignal): Promise<Presence | undefined> {
    try {
      await this.#waitForApp(signal);
      return await this.#open(signal);
    } catch (error) {
      if (this.#unwanted.signal.aborted) return undefined;
      throw error;
    }
  }

  async #waitForApp(signal: AbortSignal): Promise<void> {
    const { settings, clock, onEvent } = this.#options;
    if (settings.waitForAppMs > 0) {
      const probe = (ended: AbortSignal) => this.appHealth(ended);
      onEvent({
        kind: 'app_waited_for',
        ...(await waitForApp({ probe, forMs: settings.waitForAppMs, clock }, signal)),
      });
    }
    this.#isWaitingForApp = false;
  }

  /** The address may not be known until Consul, or an interface, is there. */
  async #open(signal: AbortSignal): Promise<Presence> {
    const { settings, consul, onEvent, identityUrl } = this.#options;
    for (;;) {
      try {
        const address = await this.#app.address(signal);
        const plain = desiredService(settings, address);
        for (const message of plain.warnings) onEvent({ kind: 'warning', message });
        const url = identityUrl?.(plain.service);
        const { service } = url === undefined ? plain : desiredService(settings, address, url);
        this.#presence = new Presence({
          service,
          consul,
          appHealth: (ended) => this.appHealth(ended),
          isAppAwaited: settings.waitForAppMs > 0,
          onEvent: (event) => this.#hear(event),
        });
        this.#heartbeats = this.#heartbeatsOf(service, this.#presence);
        return this.#presence;
      } catch (error) {
        if (signal.aborted || !(error instanceof CodedError) || !error.retryable) throw error;
        await this.#afterFailure(error, signal);
      }
    }
  }

  /** Registration and heartbeats, until `signal` aborts or one of them breaks. */
  async #keepAll(presence: Presence, signal: AbortSignal): Promise<void> {
    const broken = new AbortController();
    const ended = AbortSignal.any([signal, broken.signal]);
    const running = [this.#keep(presence, ended), ...this.#heartbeats.map((heartbeat) => heartbeat.run(ended))];
    await Promise.all(running.map((each) => each.catch((error: unknown) => broken.abort(error))));
    throw broken.signal.reason;
  }

  async #keep(presence: Presence, signal: AbortSignal): Promise<void> {
    for (;;) {
      const waiting = this.#afterPass.splice(0);
      try {
        const isRegistered = !this.#unwanted.signal.aborted;
        await presence.reconcile({ isRegistered, maintenance: this.#maintenanceNow() }, signal);
      } catch (error) {
        if (signal.aborted) this.#afterPass.push(...waiting);
        if (signal.aborted || !(error instanceof CodedError)) throw error;
        for (const done of waiting) done(error);
        await this.#afterFailure(error, signal);
        continue;
      }
      this.#record.succeeded();
      this.#pace.reset();
      for (const done of waiting) done(undefined);
      await this.#alarm.pause(this.#nextPassInMs(presence), signal);
    }
  }

  #nextPassInMs(presence: Presence): number {
    const expiresInMs = (this.#maintenance?.untilMs ?? Number.POSITIVE_INFINITY) - this.#options.clock.nowMs();
    const isAwaitedInCatalog = presence.isRegistered && presence.isInCatalog !== true;
    return Math.max(0, Math.min(this.#passes.nextInMs({ isAwaitedInCatalog }), expiresInMs));
  }

  #maintenanceNow(): string | undefined {
    const { untilMs } = this.#maintenance ?? {};
    if (untilMs !== undefined && this.#options.clock.nowMs() >= untilMs) this.#maintenance = undefined;
    return this.#maintenance?.reason;
  }

  #heartbeatsOf(service: DesiredService, presence: Presence): readonly Heartbeat[] {
    const { consul, clock, settings, onEvent } = this.#options;
    return service.checks.flatMap(({ id, probe }, index) => {
      if (probe.kind !== 'ttl') return [];
      const { rise = 1, fall = 1 } = settings.checks[index] ?? {};
      return new Heartbeat({
        checkId: id,
        ttlMs: probe.ttlMs,
        rise,
        fall,
        checks: consul.agent.checks,
        probe: (signal) => this.#app.health(undefined, signal),
        isRegistered: () => presence.isRegistered,
        clock,
        onBeat: () => this.#record.heartbeat(),
        onChange: (check, { status, output }) => onEvent({ kind: 'app_health', check, status, output }),
        onLost: (error) => {
          if (error.code !== 'consul_not_found') this.#note(error);
          this.recheck();
        },
      });
    });
  }

  #hear(event: RegistrationEvent): void {
    if (event.kind === 'registered') {
      this.#passes.registered();
      this.#record.registered(true);
      for (const heartbeat of this.#heartbeats) heartbeat.beatNow();
    }
    if (event.kind === 'deregistered') this.#record.registered(false);
    this.#options.onEvent(event);
  }

  async #afterFailure(error: CodedError, signal: AbortSignal): Promise<void> {
    this.#note(error);
    await this.#alarm.pause(this.#pace.nextMs(error), signal);
  }

  /** Tells a failure if it is news. @throws what is no failure of Consul's but a mistake of ours */
  #note(error: unknown): CodedError {
    if (!(error instanceof CodedError)) throw error;
    if (this.#record.failed(error)) this.#options.onEvent({ kind: 'failed', error });
    return error;
  }

  #nextPass(): Promise<void> {
    if (this.#hasEnded) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#afterPass.push((error) => (error === undefined ? resolve() : reject(error)));
      this.#alarm.ring();
    });
  }

  #state(): RegistrationState {
    if (this.#presence?.isRegistered === true) return 'registered';
    if (this.#unwanted.signal.aborted) return 'deregistered';
    return this.#isWaitingForApp ? 'waiting-for-app' : 'registering';
  }
}
