import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
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
import type { ProbeSettings } from '../upstream/probe-settings.ts';
import { WatchRelay } from '../upstream/watch-layer.ts';
import type { DiscoveryListener } from './discovery-event.ts';
import { type EndpointProbeResult, ProbeBook } from './probe-book.ts';
import { ProbeSlots } from './probe-slots.ts';

/** What a {@link ProbedSource} is made of. */
export interface ProbedSourceOptions {
  readonly source: EndpointSource;
  /** Asks an endpoint how it is; see `endpoint-probe.ts`. Never rejects. */
  readonly probe: (endpoint: Endpoint, settings: ProbeSettings, signal: AbortSignal) => Promise<EndpointProbeResult>;
  readonly clock: Clock;
  readonly random: Random;
  readonly onEvent: DiscoveryListener;
}

/** Probes under way at once, over all watches. */
const PROBES_AT_ONCE = 64;

/**
 * Asks the endpoints of those who want that (`query.probe`) how they are, again and again while somebody watches them,
 * and marks those that fail. Who watches the same thing shares the probes, so the workers of a process send no more of
 * them than one alone.
 *
 * Each endpoint has its turn once in an interval, at a moment of its own: the order is drawn anew each round, and so are
 * the pauses between two of them (half to one and a half of their share). So neither the endpoints of a service
 * nor the sidecars of a fleet are asked in step.
 */
export class ProbedSource implements EndpointSource {
  readonly #options: ProbedSourceOptions;
  readonly #slots = new ProbeSlots(PROBES_AT_ONCE);

  constructor(options: ProbedSourceOptions) {
    this.#options = options;
  }

  watch(query: ServiceQuery, listener: EndpointListener): Watching {
    const { probe } = query;
    const { source } = this.#options;
    if (probe === undefined) return source.watch(query, listener);
    return new ProbedWatch({ ...this.#options, slots: this.#slots, query, settings: probe, listener }).over(
      source,
      query,
    );
  }
}

interface ProbedWatchOptions extends ProbedSourceOptions {
  readonly slots: ProbeSlots;
  readonly query: ServiceQuery;
  readonly settings: ProbeSettings;
  readonly listener: EndpointListener;
}

/** One watch, and its round of probes. */
class ProbedWatch extends WatchRelay {
  readonly #options: ProbedWatchOptions;
  readonly #book: ProbeBook;
  readonly #stop = new AbortController();
  readonly #probing: Promise<void>;
  #set: EndpointSet | undefined;
  /** When the set was true: when it came, less its own age, or when it was confirmed. */
  #trueAtMs = 0;

  constructor(options: ProbedWatchOptions) {
    super(options.listener);
    this.#options = options;
    this.#book = new ProbeBook(options.settings);
    this.#probing = this.#probeAll(this.#stop.signal).catch((error: unknown) => {
      options.listener.failed(brokenSource(options.query.service, error));
    });
  }

  override confirmed(): void {
    this.#trueAtMs = this.#options.clock.nowMs();
    super.confirmed();
  }

  override async end(): Promise<void> {
    this.#stop.abort();
    await super.end();
    await this.#probing;
  }

  protected override take(set: EndpointSet): void {
    this.#set = set;
    this.#trueAtMs = this.#options.clock.nowMs() - (set.ageMs ?? 0);
    this.#book.take(set.endpoints);
    this.#options.listener.changed({ ...set, endpoints: this.#book.marked() });
  }

  /** Round after round, until aborted. */
  async #probeAll(signal: AbortSignal): Promise<void> {
    const { clock, random, settings, slots } = this.#options;
    const underWay = new Set<Promise<void>>();
    try {
      for (;;) {
        const ids = shuffled(this.#book.ids(), random);
        const shareMs = settings.intervalMs / Math.max(1, ids.length);
        if (ids.length === 0) await clock.sleep(shareMs, signal);
        for (const id of ids) {
          await clock.sleep(shareMs * (0.5 + random()), signal);
          await slots.take(signal);
          const probed: Promise<void> = this.#probe(id, signal).finally(() => {
            slots.give();
            underWay.delete(probed);
          });
          underWay.add(probed);
        }
      }
    } catch (error) {
      if (!isAbort(error, signal)) throw error;
    } finally {
      await Promise.all(underWay);
    }
  }

  async #probe(id: string, signal: AbortSignal): Promise<void> {
    const { probe, settings, query, onEvent, listener, clock } = this.#options;
    const endpoint = this.#book.begin(id);
    if (endpoint === undefined) return;
    const result = await probe(endpoint, settings, signal);
    if (signal.aborted) return;
    const change = this.#book.note(endpoint, result);
    if (change === undefined || this.#set === undefined) return;
    onEvent({
      kind: change === 'failing' ? 'probe_failing' : 'probe_passing',
      query,
      endpoint: id,
      output: result.output,
    });
    // No news of the catalog: what it said is as old as it was.
    listener.changed({ ...this.#set, endpoints: this.#book.marked(), ageMs: clock.nowMs() - this.#trueAtMs });
  }
}

/** Fisher and Yates. */
function shuffled<T>(items: T[], random: Random): readonly T[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [items[last], items[other]] = [items[other] as T, items[last] as T];
  }
  return items;
}
