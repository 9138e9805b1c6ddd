import { isDeepStrictEqual } from 'node:util';
import { LRUCache } from 'lru-cache';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import { Admission } from './admission.ts';
import type { EndpointSource } from './endpoint-source.ts';
import { type OpenUpstream, type OpenUpstreamOptions, openUpstream } from './open-upstream.ts';
import type { TrafficPlanSource } from './traffic-plan.ts';
import { Upstream } from './upstream.ts';
import type { UpstreamObserver } from './upstream-event.ts';
import { type UpstreamName, upstreamKey } from './upstream-name.ts';
import type { UpstreamSettings } from './upstream-settings.ts';

const DEFAULT_MAX_UPSTREAMS = 1024;
const DEFAULT_MAX_UNKNOWN = 1024;
const DEFAULT_IDLE_MS = 600_000;
const DEFAULT_UNKNOWN_FOR_MS = 1000;
/** Idle upstreams are looked for so many times within the time after which they count as idle. */
const SWEEPS_PER_IDLE = 10;

/** What an {@link UpstreamTable} is made of. */
export interface UpstreamTableOptions {
  readonly source: EndpointSource;
  /** The catalog's traffic rules, for names without a tag or datacenter; undefined: they are not followed. */
  readonly plans?: TrafficPlanSource | undefined;
  /** The settings of a name: the configured ones, or the defaults. */
  readonly settingsFor: (name: UpstreamName) => UpstreamSettings;
  /** Configured upstreams: watched from the start, never evicted. */
  readonly pinned?: readonly UpstreamName[] | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer?: UpstreamObserver | undefined;
  /** Called when an upstream that was in {@link UpstreamTable.list} is closed: connections and series of it can go. */
  readonly onClosed?: ((upstream: Upstream) => void) | undefined;
  /** Upstreams besides the pinned ones; the one used least lately has to go. Default 1,024. */
  readonly maxUpstreams?: number | undefined;
  /** Names of which the catalog knows nothing, or has not said yet. Default 1,024. */
  readonly maxUnknown?: number | undefined;
  /** An upstream that was not used for this long is no longer watched. Default 10 min. */
  readonly idleMs?: number | undefined;
  /** The catalog is asked about the same unknown name once in this time. Default 1 s. */
  readonly unknownForMs?: number | undefined;
}

/**
 * Every upstream in use, by key. A name's first call opens it and starts its watch; all later ones find it.
 *
 * Names that the catalog does not know live apart from the others, so that a flood of invented names cannot push out a
 * service that is in use. Once the catalog has said that there is no such service the watch is closed; the answer holds
 * for `unknownForMs`, and then the next call asks again.
 */
export class UpstreamTable {
  readonly #options: UpstreamTableOptions;
  readonly #pinned = new Map<string, OpenUpstream>();
  readonly #known: LRUCache<string, OpenUpstream>;
  readonly #unknown: LRUCache<string, OpenUpstream>;
  readonly #unknownForMs: number;
  readonly #admission: Admission;
  /** The same for all that are opened until the next reload. */
  #opening: OpenUpstreamOptions;
  readonly #closing = new Set<Promise<void>>();
  #sweep = 0;
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: UpstreamTableOptions) {
    this.#options = options;
    this.#unknownForMs = options.unknownForMs ?? DEFAULT_UNKNOWN_FOR_MS;
    this.#admission = new Admission(this.#unknownForMs);
    // Entries are also deleted to move them elsewhere, so only an eviction closes.
    this.#known = new LRUCache({
      max: options.maxUpstreams ?? DEFAULT_MAX_UPSTREAMS,
      dispose: (entry, _key, reason) => reason === 'evict' && this.#endListed(entry),
    });
    this.#unknown = new LRUCache({
      max: options.maxUnknown ?? DEFAULT_MAX_UNKNOWN,
      dispose: (entry, _key, reason) => reason === 'evict' && this.#end(entry),
    });
    this.#opening = { ...options, onNews: (upstream) => this.#sort(upstream.key, upstream) };
    this.#pin(options.pinned ?? []);
    this.#armSweep();
  }

  /** The upstream with this key, if it is open; marks its use. Allocates nothing. */
  get(key: string): Upstream | undefined {
    const entry = this.#pinned.get(key) ?? this.#known.get(key);
    if (entry === undefined) return this.#getUnknown(key);
    entry.usedAtSweep = this.#sweep;
    return entry.upstream;
  }

  /** The upstream of this name, opened if need be. The same object for all who ask while it is open. */
  open(name: UpstreamName): Upstream {
    const key = upstreamKey(name);
    const open = this.get(key);
    if (open !== undefined) return open;
    const settings = this.#opening.settingsFor(name);
    if (this.#closed || (!this.#unknown.has(key) && !this.#makeRoom(key))) return this.#refuse(key, settings);
    const entry = this.#start(name, settings);
    this.#unknown.set(key, entry);
    // A source may have answered at once.
    this.#sort(key, entry.upstream);
    return entry.upstream;
  }

  /** All that are pinned, or known to the catalog, and targets of traffic rules; not names that a caller made up. */
  list(): readonly Upstream[] {
    const entries = [...this.#pinned.values(), ...this.#known.values()];
    return entries.flatMap(({ upstream, steering }) => [upstream, ...(steering?.upstreams() ?? [])]);
  }

  /** How many names are being asked about, or are known not to exist. */
  get unknownCount(): number {
    return this.#unknown.size;
  }

  /**
   * Takes other settings: upstreams whose settings are the same keep all they know, the others are closed, and opened
   * anew at once (`pinned`) or by their next call.
   */
  reload(settingsFor: (name: UpstreamName) => UpstreamSettings, pinned: readonly UpstreamName[]): void {
    this.#opening = { ...this.#opening, settingsFor };
    const pinnedKeys = new Set(pinned.map(upstreamKey));
    for (const [key, entry] of [...this.#pinned, ...this.#known.entries()]) {
      const isPinned = this.#pinned.has(key);
      const same = isDeepStrictEqual(entry.upstream.settings, settingsFor(entry.name));
      if (same && isPinned === pinnedKeys.has(key)) continue;
      this.#pinned.delete(key);
      this.#known.delete(key);
      if (!same) this.#endListed(entry);
      else if (isPinned) this.#known.set(key, entry);
      else this.#pinned.set(key, entry);
    }
    for (const [key, entry] of [...this.#unknown.entries()]) {
      if (!pinnedKeys.has(key) && isDeepStrictEqual(entry.upstream.settings, settingsFor(entry.name))) continue;
      this.#unknown.delete(key);
      this.#end(entry);
    }
    for (const { steering } of [...this.#pinned.values(), ...this.#known.values()]) steering?.reload(settingsFor);
    this.#pin(pinned);
  }

  /** Ends all watches and waits until they have ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    for (const entry of [...this.#pinned.values(), ...this.#known.values()]) this.#endListed(entry);
    for (const entry of this.#unknown.values()) this.#end(entry);
    this.#pinned.clear();
    this.#known.clear();
    this.#unknown.clear();
    await Promise.all(this.#closing);
  }

  #pin(names: readonly UpstreamName[]): void {
    for (const name of names) {
      const key = upstreamKey(name);
      if (!this.#pinned.has(key)) this.#pinned.set(key, this.#start(name, this.#opening.settingsFor(name)));
    }
  }

  #getUnknown(key: string): Upstream | undefined {
    const entry = this.#unknown.get(key);
    if (entry === undefined) return undefined;
    entry.usedAtSweep = this.#sweep;
    const { upstream, askedAtMs } = entry;
    const expired = upstream.state === 'absent' && this.#options.clock.nowMs() - askedAtMs >= this.#unknownForMs;
    return expired ? undefined : upstream;
  }

  #start(name: UpstreamName, settings: UpstreamSettings): OpenUpstream {
    return { ...openUpstream(name, settings, this.#opening), usedAtSweep: this.#sweep };
  }

  /** Moves an unknown name to the known ones once it has a view; stops asking about one that does not exist. */
  #sort(key: string, upstream: Upstream): void {
    const entry = this.#unknown.peek(key);
    if (entry?.upstream !== upstream) return;
    const { state } = upstream;
    if (state === 'ready') {
      this.#unknown.delete(key);
      this.#known.set(key, entry);
    } else if (state === 'absent') {
      this.#end(entry);
    }
  }

  /** Whether there is room for one more unknown name. */
  #makeRoom(key: string): boolean {
    if (this.#unknown.size < this.#unknown.max) return true;
    const [oldestKey = ''] = this.#unknown.rkeys();
    const askedAtMs = this.#unknown.peek(oldestKey)?.askedAtMs ?? Number.NEGATIVE_INFINITY;
    return this.#admission.admits(key, { key: oldestKey, askedAtMs }, this.#options.clock.nowMs());
  }

  /** An upstream that is never told anything: its callers get "nothing known", and the catalog is spared. */
  #refuse(key: string, settings: UpstreamSettings): Upstream {
    const { clock, random } = this.#options;
    const upstream = new Upstream({ key, settings, clock, random });
    upstream.close();
    return upstream;
  }

  #endListed(entry: OpenUpstream): void {
    this.#end(entry);
    this.#options.onClosed?.(entry.upstream);
  }

  #end({ upstream, watch, steering }: OpenUpstream): void {
    upstream.close();
    const ended = Promise.all([watch.close(), steering?.close()]).then(() => {});
    const closed: Promise<void> = ended.finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }

  #armSweep(): void {
    const everyMs = (this.#options.idleMs ?? DEFAULT_IDLE_MS) / SWEEPS_PER_IDLE;
    this.#timer = this.#options.clock.after(everyMs, () => {
      this.#sweep += 1;
      this.#evictIdle(this.#known, (entry) => this.#endListed(entry));
      this.#evictIdle(this.#unknown, (entry) => this.#end(entry));
      this.#armSweep();
    });
  }

  #evictIdle(cache: LRUCache<string, OpenUpstream>, end: (entry: OpenUpstream) => void): void {
    for (const key of [...cache.rkeys()]) {
      const entry = cache.peek(key);
      if (entry === undefined || this.#sweep - entry.usedAtSweep <= SWEEPS_PER_IDLE) break;
      if (entry.upstream.inFlight > 0) continue;
      cache.delete(key);
      end(entry);
    }
  }
}
