import type { Clock } from '../runtime/clock.ts';
import { isAbort } from '../runtime/task.ts';
import { brokenSource } from '../upstream/broken-source.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import type {
  EndpointListener,
  EndpointSet,
  EndpointSource,
  ServiceQuery,
  Watching,
} from '../upstream/endpoint-source.ts';
import { WatchRelay } from '../upstream/watch-layer.ts';
import type { DiscoveryListener } from './discovery-event.ts';
import {
  DEFAULT_SHRINK_GUARD,
  type GuardDecision,
  type GuardVerdict,
  type ProbeResult,
  ShrinkGuard,
  type ShrinkGuardSettings,
} from './shrink-guard.ts';

/** What a {@link GuardedSource} is made of. */
export interface GuardedSourceOptions {
  readonly source: EndpointSource;
  /** Asks the leader, not the agent's cache. Rejects when it cannot be asked. */
  readonly reread: (query: ServiceQuery, signal: AbortSignal) => Promise<readonly Endpoint[]>;
  /** Dials an endpoint; see `address-probe.ts`. Never rejects. */
  readonly probe: (endpoint: Endpoint, timeoutMs: number, signal: AbortSignal) => Promise<ProbeResult>;
  readonly clock: Clock;
  readonly onEvent: DiscoveryListener;
  readonly settings?: ShrinkGuardSettings;
}

/** An address that lets a connection attempt go unanswered for this long is silent. */
const PROBE_TIMEOUT_MS = 500;
/** Probes under way at once: a set of thousands must not take the process's file descriptors. */
const PROBES_AT_ONCE = 64;
/** Evidence about what is still held is gathered anew this often… */
const PROBE_AGAIN_MS = 1000;
/** …and the leader asked every so many rounds, since that costs Consul more. */
const ROUNDS_PER_REREAD = 5;
/** When the time of what is held is up, the leader is waited for so long. */
const LAST_WORD_MS = 1000;

/**
 * Holds what vanishes from the catalog in a suspicious way, while it asks for evidence: a consistent re-read and direct
 * connections, both begun at the moment of doubt. The rules are those of {@link ShrinkGuard}.
 */
export class GuardedSource implements EndpointSource {
  readonly #options: GuardedSourceOptions;

  constructor(options: GuardedSourceOptions) {
    this.#options = options;
  }

  watch(query: ServiceQuery, listener: EndpointListener): Watching {
    return new GuardedWatch(this.#options, query, listener).over(this.#options.source, query);
  }
}

/** Evidence that is being gathered, while something is held. */
interface Inquiry {
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

/** One watch: the guard, and the inquiry that runs while something is held. */
class GuardedWatch extends WatchRelay {
  readonly #options: GuardedSourceOptions;
  readonly #query: ServiceQuery;
  readonly #guard: ShrinkGuard;
  #shown: EndpointSet | undefined;
  #inquiry: Inquiry | undefined;

  constructor(options: GuardedSourceOptions, query: ServiceQuery, listener: EndpointListener) {
    super(listener);
    this.#options = options;
    this.#query = query;
    this.#guard = new ShrinkGuard(options.settings ?? DEFAULT_SHRINK_GUARD);
  }

  override async end(): Promise<void> {
    this.#inquiry?.abort.abort();
    await super.end();
    await this.#inquiry?.ended;
  }

  protected override take(set: EndpointSet): void {
    const alreadyHeld = new Set(this.#guard.held.map(({ id }) => id));
    const before = this.#guard.view?.endpoints.length ?? 0;
    const decisions = this.#guard.offer(set, this.#options.clock.nowMs());
    const newlyHeld = this.#guard.held.filter(({ id }) => !alreadyHeld.has(id));
    this.#show(decisions);
    if (newlyHeld.length === 0) return;
    const held = newlyHeld.map(({ id }) => id);
    this.#options.onEvent({ kind: 'shrink_held', query: this.#query, held, of: before });
    if (!this.isEnded) this.#inquiry ??= this.#startInquiry();
  }

  #startInquiry(): Inquiry {
    const abort = new AbortController();
    const { signal } = abort;
    const ended = this.#inquire(signal)
      .catch((error: unknown) => {
        if (!isAbort(error, signal)) this.listener.failed(brokenSource(this.#query.service, error));
      })
      .finally(() => {
        this.#inquiry = undefined;
      });
    return { abort, ended };
  }

  /** Gathers evidence, round after round, until nothing is held. */
  async #inquire(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    for (let round = 0; this.#guard.held.length > 0; round++) {
      await Promise.all([round % ROUNDS_PER_REREAD === 0 ? this.#reread(signal) : undefined, this.#probe(signal)]);
      const leftMs = this.#guard.expiresInMs(clock.nowMs());
      if (leftMs === undefined) return;
      await clock.sleep(Math.min(PROBE_AGAIN_MS, leftMs), signal);
      if (this.#guard.expiresInMs(clock.nowMs()) === 0) await this.#askLast(signal);
    }
  }

  /** The time of what is held longest is up: the leader has the last word, if it speaks at once. */
  async #askLast(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const dueMs = clock.nowMs();
    const late = new AbortController();
    const timer = clock.after(LAST_WORD_MS, () => late.abort());
    await this.#reread(signal, late.signal);
    timer.cancel();
    this.#show(this.#guard.expire(dueMs));
  }

  async #reread(signal: AbortSignal, late?: AbortSignal): Promise<void> {
    try {
      const ended = late === undefined ? signal : AbortSignal.any([signal, late]);
      this.#show(this.#guard.reread(await this.#options.reread(this.#query, ended)));
    } catch (error) {
      if (isAbort(error, signal)) throw error;
      // The source itself reports that Consul cannot be asked; here it only means that this evidence is missing.
      this.#show(this.#guard.reread(undefined));
    }
  }

  async #probe(signal: AbortSignal): Promise<void> {
    const held = this.#guard.held;
    for (let from = 0; from < held.length; from += PROBES_AT_ONCE) {
      // So many are silent that their time is up before each was asked.
      if (this.#guard.expiresInMs(this.#options.clock.nowMs()) === 0) return;
      const some = held.slice(from, from + PROBES_AT_ONCE);
      const results = await Promise.all(
        some.map(async (endpoint) => {
          const result = await this.#options.probe(endpoint, PROBE_TIMEOUT_MS, signal);
          return [endpoint.id, result] as const;
        }),
      );
      signal.throwIfAborted();
      this.#show(this.#guard.probed(new Map(results)));
    }
  }

  /** Passes the view on if it is another than the last, and tells what was decided. */
  #show(decisions: readonly GuardDecision[]): void {
    const { view } = this.#guard;
    if (view !== undefined && view !== this.#shown) {
      this.#shown = view;
      if (!this.isEnded) this.listener.changed(view);
    }
    const byVerdict = new Map<GuardVerdict, string[]>();
    for (const { endpoint, verdict } of decisions) {
      byVerdict.set(verdict, [...(byVerdict.get(verdict) ?? []), endpoint.id]);
    }
    for (const [verdict, endpoints] of byVerdict) {
      this.#options.onEvent({ kind: 'shrink_settled', query: this.#query, verdict, endpoints });
    }
  }
}
