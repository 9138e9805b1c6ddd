import type { Clock, Timer } from '../runtime/clock.ts';
import type { Member } from './member.ts';
import type { OutlierDetector } from './outlier-detector.ts';
import type { UpstreamSettings } from './upstream-settings.ts';

/** How often `peak-ewma` lets the latency of endpoints that had no request fade. */
const FADE_EVERY_MS = 1000;

/** What an {@link Upkeep} is made of. */
export interface UpkeepOptions {
  readonly settings: UpstreamSettings;
  readonly clock: Clock;
  readonly detector: OutlierDetector;
  readonly members: () => Iterable<Member>;
  /** Somebody was ejected or came back, or a slow start went on a step. */
  readonly onChange: () => void;
}

/**
 * What has to be done with an upstream's members from time to time, by one timer, which is set only while there is
 * something to wait for: end ejections, go on with slow starts, compare success rates, fade latencies.
 */
export class Upkeep {
  readonly #options: UpkeepOptions;
  #compareAtMs = Number.POSITIVE_INFINITY;
  #fadeAtMs = Number.POSITIVE_INFINITY;
  #changeAtMs = Number.POSITIVE_INFINITY;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(options: UpkeepOptions) {
    this.#options = options;
    const { settings, clock } = options;
    if (settings.outlier.successRateDeviation > 0) this.#compareAtMs = clock.nowMs() + settings.outlier.intervalMs;
    if (settings.policy === 'peak-ewma') this.#fadeAtMs = clock.nowMs() + FADE_EVERY_MS;
    this.arm();
  }

  /** Sets the timer to the next thing to do; to be called when something was ejected. */
  arm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const { clock, detector } = this.#options;
    const nowMs = clock.nowMs();
    const sweepAtMs = detector.nextSweepAtMs(nowMs) ?? Number.POSITIVE_INFINITY;
    const dueMs = Math.min(sweepAtMs, this.#compareAtMs, this.#fadeAtMs, this.#changeAtMs);
    if (this.#stopped || dueMs === Number.POSITIVE_INFINITY) return;
    this.#timer = clock.after(Math.max(0, dueMs - nowMs), () => this.#run());
  }

  /** Calls `onChange` once in `delayMs`, however often it is asked to until then. */
  changeSoon(delayMs: number): void {
    if (this.#changeAtMs !== Number.POSITIVE_INFINITY) return;
    this.#changeAtMs = this.#options.clock.nowMs() + delayMs;
    this.arm();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #run(): void {
    const { settings, clock, detector, members, onChange } = this.#options;
    const nowMs = clock.nowMs();
    let changed = detector.sweep(nowMs);
    if (nowMs >= this.#changeAtMs) {
      this.#changeAtMs = Number.POSITIVE_INFINITY;
      changed = true;
    }
    if (nowMs >= this.#compareAtMs) {
      this.#compareAtMs = nowMs + settings.outlier.intervalMs;
      if (detector.compareSuccessRates(members(), nowMs)) changed = true;
    }
    if (nowMs >= this.#fadeAtMs) {
      this.#fadeAtMs = nowMs + FADE_EVERY_MS;
      for (const member of members()) if (member.latencyMs > 0) member.record().fadeLatency(nowMs);
    }
    if (changed) onChange();
    this.arm();
  }
}
