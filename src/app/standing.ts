import type { Readiness } from '../admin/admin-parts.ts';
import type { UpstreamEvent } from '../upstream/upstream-event.ts';

/** Whether the sidecar can serve, and from how good a view. */
export class Standing {
  /** Upstreams whose last question to the catalog failed. */
  readonly #stale = new Set<string>();
  isListening = false;
  isDraining = false;

  /** Takes what happens in an upstream. */
  note(event: UpstreamEvent, upstream: string): void {
    if (event.kind === 'watch-failed') this.#stale.add(upstream);
  }

  /** The catalog has answered for this upstream again, or the upstream is gone. */
  forget(upstream: string): void {
    this.#stale.delete(upstream);
  }

  /** Upstreams that live on an old view. */
  get stale(): ReadonlySet<string> {
    return this.#stale;
  }

  readiness(): Readiness {
    const reasons: string[] = [];
    if (!this.isListening) reasons.push('the proxy does not listen yet');
    if (this.isDraining) reasons.push('draining');
    const isStale = this.#stale.size > 0;
    if (isStale)
      reasons.push(
        `the catalog cannot be asked about ${[...this.#stale].slice(0, 10).join(', ')}; the last view is used`,
      );
    return { ready: this.isListening && !this.isDraining, stale: isStale, reasons };
  }
}
