import type { Readiness } from '../admin/admin-parts.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { UpstreamEvent } from '../upstream/upstream-event.ts';

/** At most this many names stand in a reason. */
const SHOWN = 10;

/** Whether the sidecar can serve, and from how good a view. */
export class Standing {
  readonly #clock: Clock;
  /** When the catalog could last not be asked about an upstream. */
  readonly #failedAtMs = new Map<string, number>();
  isListening = false;
  isDraining = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes what happens in an upstream. */
  note(event: UpstreamEvent, upstream: string): void {
    if (event.kind === 'watch-failed') this.#failedAtMs.set(upstream, this.#clock.nowMs());
  }

  /** The upstream is gone. */
  forget(upstream: string): void {
    this.#failedAtMs.delete(upstream);
  }

  readiness(upstreams: readonly Upstream[]): Readiness {
    const stale = upstreams.filter((upstream) => this.#isStale(upstream)).map(({ key }) => key);
    const reasons: string[] = [];
    if (!this.isListening) reasons.push('the proxy does not listen yet');
    if (this.isDraining) reasons.push('draining');
    if (stale.length > 0) {
      const names = stale.slice(0, SHOWN).join(', ');
      reasons.push(`the catalog cannot be asked about ${names}; the last view is used`);
    }
    return { ready: this.isListening && !this.isDraining, stale: stale.length > 0, reasons };
  }

  /** Whether the last question about it failed, and none was answered since. */
  #isStale({ key, choice }: Upstream): boolean {
    const failedAtMs = this.#failedAtMs.get(key);
    if (failedAtMs === undefined) return false;
    const isConfirmed = (choice.view.confirmedAtMs ?? Number.NEGATIVE_INFINITY) > failedAtMs;
    if (isConfirmed) this.#failedAtMs.delete(key);
    return !isConfirmed;
  }
}
