import type { Clock, Timer } from '../../runtime/clock.ts';
import type { CheckStatus } from '../store/catalog-records.ts';
import type { CheckRunner, Report } from './check-runner.ts';

/** A check that the app itself reports; it turns critical when the app has been silent for the TTL. */
export class TtlCheck implements CheckRunner {
  readonly #ttlMs: number;
  readonly #clock: Clock;
  readonly #report: Report;
  #lastOutput = '';
  #timer: Timer;

  constructor(options: { readonly ttlMs: number; readonly clock: Clock; readonly report: Report }) {
    this.#ttlMs = options.ttlMs;
    this.#clock = options.clock;
    this.#report = options.report;
    this.#timer = this.#arm();
  }

  /** Takes what the app says, and starts the TTL anew. */
  set(status: CheckStatus, output: string): void {
    this.#lastOutput = output;
    this.#timer.cancel();
    this.#timer = this.#arm();
    this.#report(status, output);
  }

  stop(): void {
    this.#timer.cancel();
  }

  #arm(): Timer {
    return this.#clock.after(this.#ttlMs, () => {
      const last = this.#lastOutput;
      this.#report(
        'critical',
        last === '' ? 'TTL expired' : `TTL expired (last output before timeout follows): ${last}`,
      );
    });
  }
}
