import type { AgentChecksApi } from '../consul/agent-checks.ts';
import { ConsulError, isConsulError } from '../consul/consul-error.ts';
import type { Clock } from '../runtime/clock.ts';
import type { CodedError } from '../runtime/coded-error.ts';
import { Alarm } from './alarm.ts';
import { type AppHealth, HealthGate } from './health-gate.ts';

/** What a {@link Heartbeat} is made of. */
export interface HeartbeatOptions {
  readonly checkId: string;
  readonly ttlMs: number;
  readonly rise: number;
  readonly fall: number;
  readonly checks: Pick<AgentChecksApi, 'update'>;
  readonly probe: (signal: AbortSignal) => Promise<AppHealth>;
  /** Whether the agent has the service, as far as is known; else there is nothing to report on. */
  readonly isRegistered: () => boolean;
  readonly clock: Clock;
  /** Consul has taken a report. */
  readonly onBeat: (health: AppHealth) => void;
  /** What is reported has changed. */
  readonly onChange: (checkId: string, health: AppHealth) => void;
  /** The agent does not know the check, or cannot be reached: the registration is to be looked after. */
  readonly onLost: (error: CodedError) => void;
}

/** Reports in one TTL: two may get lost. */
const BEATS_PER_TTL = 3;
const MIN_BEAT_MS = 250;
/** After a failed report the next comes sooner. */
const RETRY_MS = 1000;

/** Keeps one TTL check alive, reporting how the app is. At most one report per beat, however the app flaps. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #alarm: Alarm;
  readonly #gate: HealthGate;
  #reported: AppHealth['status'] | undefined;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.clock);
    this.#gate = new HealthGate(options);
  }

  /** Reports now: the service has just been registered (again), and its check is critical until then. */
  beatNow(): void {
    this.#alarm.ring();
  }

  /** Beats until `signal` aborts; begins with the first {@link beatNow}. */
  async run(signal: AbortSignal): Promise<void> {
    const beatMs = Math.max(MIN_BEAT_MS, this.#options.ttlMs / BEATS_PER_TTL);
    await this.#alarm.pause(Number.POSITIVE_INFINITY, signal);
    for (;;) {
      const isHeard = await this.#beat(signal);
      await this.#alarm.pause(isHeard ? beatMs : Math.min(RETRY_MS, beatMs), signal);
    }
  }

  async #beat(signal: AbortSignal): Promise<boolean> {
    const { probe, checks, checkId, ttlMs, isRegistered, onBeat, onChange, onLost } = this.#options;
    if (!isRegistered()) return true;
    const health = this.#gate.take(await probe(signal));
    try {
      await checks.update(checkId, health.status, { output: health.output, timeoutMs: ttlMs, signal });
    } catch (error) {
      if (signal.aborted || !(error instanceof ConsulError)) throw error;
      onLost(error);
      // An unknown check comes back with the registration, which then asks for a beat.
      return isConsulError(error, 'NotFound');
    }
    onBeat(health);
    if (health.status !== this.#reported) onChange(checkId, health);
    this.#reported = health.status;
    return true;
  }
}
