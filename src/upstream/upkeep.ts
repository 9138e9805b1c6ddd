import type { Clock, Timer } from '../runtime/clock.ts';
import type { Member } from './member.ts';
import type { OutlierDetector } from './outlier-detector.ts';
import type { UpstreamSettings } from './upstream-settings.ts';

/** How often `peak-ewma` lets the latency of endpoints that had no request fade. */
const FADE_EVERY_MS = 1000;

/** Whose members are kept up. */
export interface UpkeepOwner {
  readonly settings: UpstreamSettings;
  readonly clock: Clock;
  members(): Iterable<Member>;
  /** Somebody was ejected or came back, or a slow start went on a step. */
  chooseAnew(): void;
}

/**
 * What has to be done with an upstream's members from time to time, by one timer, which is set only while there is
 * something to wait for: end ejections, go on with slow starts, compare success rates, fade latencies.
 */
export class Upkeep {
  readonly #owner: UpkeepOwner;
  readonly #detector: OutlierDetector;
  #compareAtMs = Number.POSITIVE_INFINITY;
  #fadeAtMs = Number.POSITIVE_INFINITY;
  #changeAtMs = Number.POSITIVE_INFINITY;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(owner: UpkeepOwner, detector: OutlierDetector) {
    this.#owner = owner;
    this.#detector = detector;
    const { settings, clock } = owner;
    if (settings.outlier.successRateDeviation > 0) this.#compareAtMs = clock.nowMs() + settings.outlier.intervalMs;
    if (settings.policy === 'peak-ewma') this.#fadeAtMs = clock.nowMs() + FADE_EVERY_MS;
    this.arm();
  }

  /** Sets the timer to the next thing to do; to be called when something was ejected. */
  arm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const { clock } = this.#owner;
    const nowMs = clock.nowMs();
    const sweepAtMs = this.#detector.nextSweepAtMs(nowMs) ?? Number.POSITIVE_INFINITY;
    const dueMs = Math.min(sweepAtMs, this.#compareAtMs, this.#fadeAtMs, this.#changeAtMs);
    if (this.#stopped || dueMs === Number.POSITIVE_INFINITY) return;
    this.#timer = clock.after(Math.max(0, dueMs - nowMs), () => this.#run());
  }

  /** Calls `onChange` once in `delayMs`, however often it is asked to until then. */
  changeSoon(delayMs: number): void {
    if (this.#changeAtMs !== Number.POSITIVE_INFINITY) return;
    this.#changeAtMs = this.#owner.clock.nowMs() + delayMs;
    this.arm();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #run(): void {
    const detector = this.#detector;
    const owner = this.#owner;
    const { settings, clock } = owner;
    const nowMs = clock.nowMs();
    let changed = detector.sweep(nowMs);
    if (nowMs >= this.#changeAtMs) {
      this.#changeAtMs = Number.POSITIVE_INFINITY;
      changed = true;
    }
    if (nowMs >= this.#compareAtMs) {
      this.#compareAtMs = nowMs + settings.outlier.intervalMs;
      if (detector.compareSuccessRates(owner.members(), nowMs)) changed = true;
    }
    if (nowMs >= this.#fadeAtMs) {
      this.#fadeAtMs = nowMs + FADE_EVERY_MS;
      for (const member of owner.members()) if (member.latencyMs > 0) member.record().fadeLatency(nowMs);
    }
    if (changed) owner.chooseAnew();
    this.arm();
  }
}
