import type { Answer } from '../consul/answer.ts';
import { neverSame } from '../consul/compare.ts';
import type { ConsulError } from '../consul/consul-error.ts';
import type { KvEntry } from '../consul/decode/kv.ts';
import type { KvApi } from '../consul/kv.ts';
import { LatestValue } from '../consul/latest-value.ts';
import type { Clock } from '../runtime/clock.ts';
import { Tasks } from '../runtime/task.ts';

/** A key as it was last seen. */
export interface KvSeen {
  /** Undefined: there is none. */
  readonly entry: KvEntry | undefined;
  /** Consul cannot be asked, so it may have changed. */
  readonly isStale: boolean;
  /** Since Consul last told, or confirmed, it. */
  readonly ageMs: number;
}

/** What a {@link WatchedKey} is made of. */
export interface WatchedKeyOptions {
  readonly key: string;
  readonly kv: Pick<KvApi, 'get' | 'watch'>;
  readonly clock: Clock;
}

/** For so long an answer that is older than one's own write is taken for one that was under way. */
const IN_FLIGHT_MS = 5000;

/** One key of KV, watched until it is closed. */
export class WatchedKey {
  readonly #options: WatchedKeyOptions;
  readonly #tasks = new Tasks((_name, error) => this.#first.reject(error));
  readonly #first: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #followers = new Set<LatestValue<KvSeen>>();
  #seen: { readonly entry: KvEntry | undefined; readonly index: number } | undefined;
  #seenAtMs = 0;
  #error: ConsulError | undefined;
  #floor: { readonly index: number; readonly untilMs: number } | undefined;
  /** When somebody last asked. */
  usedAtMs = 0;

  constructor(options: WatchedKeyOptions) {
    this.#options = options;
    this.#first.promise.catch(() => undefined);
    this.#tasks.start(`watch of ${options.key}`, (signal) => this.#run(signal));
  }

  /** Somebody is told of its changes. */
  get isFollowed(): boolean {
    return this.#followers.size > 0;
  }

  /** What was last seen. @throws ConsulError when nothing was, and Consul cannot be asked */
  async read(signal?: AbortSignal): Promise<KvSeen> {
    if (this.#seen === undefined) {
      // A watch backs off; who asks now wants to know now.
      if (this.#error === undefined) await Promise.race([this.#first.promise, this.reread(signal)]);
      else await this.reread(signal);
    }
    return this.#current();
  }

  /** Asks Consul, past the watch. @throws ConsulError */
  async reread(signal?: AbortSignal): Promise<void> {
    const { key, kv, clock } = this.#options;
    const answer = await kv.get(key, { signal });
    const { index = 0 } = answer.meta;
    if (this.#seen !== undefined && index < this.#seen.index) return;
    this.#floor = { index, untilMs: clock.nowMs() + IN_FLIGHT_MS };
    this.#take(answer);
  }

  /** See `KvView.watch`. */
  async *follow(signal: AbortSignal): AsyncGenerator<KvSeen> {
    const follower = new LatestValue<KvSeen>(
      (one, other) => one.isStale === other.isStale && isSame(one.entry, other.entry),
    );
    const ending = AbortSignal.any([signal, this.#tasks.signal]);
    const end = () => follower.end();
    if (ending.aborted) return;
    ending.addEventListener('abort', end, { once: true });
    this.#followers.add(follower);
    try {
      if (this.#seen !== undefined) follower.put(this.#current());
      for (let next = await follower.take(); next !== undefined; next = await follower.take()) yield next.value;
    } finally {
      this.#followers.delete(follower);
      ending.removeEventListener('abort', end);
    }
  }

  /** Ends the watch, and whoever follows it. */
  close(): Promise<void> {
    return this.#tasks.stop();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { key, kv, clock } = this.#options;
    const observer = {
      confirmed: () => this.#confirm(),
      failed: (error: ConsulError) => this.#fail(error),
    };
    // What was reread is unknown to the watch: an answer that is no news to it may be news here.
    for await (const answer of kv.watch(key, { signal, observer, same: neverSame })) {
      const floor = this.#floor;
      if (floor !== undefined && (answer.meta.index ?? 0) < floor.index && clock.nowMs() < floor.untilMs) continue;
      this.#floor = undefined;
      if (this.#seen === undefined || !isSame(this.#seen.entry, answer.value)) this.#take(answer);
    }
  }

  #take({ value, meta }: Answer<KvEntry | undefined>): void {
    this.#seen = { entry: value, index: meta.index ?? 0 };
    this.#confirm();
    this.#first.resolve();
  }

  #confirm(): void {
    this.#seenAtMs = this.#options.clock.nowMs();
    this.#error = undefined;
    this.#tell();
  }

  #fail(error: ConsulError): void {
    this.#error = error;
    // Consul may have been set back to an earlier state.
    this.#floor = undefined;
    this.#first.reject(error);
    this.#tell();
  }

  #tell(): void {
    if (this.#seen === undefined) return;
    for (const follower of this.#followers) follower.put(this.#current());
  }

  #current(): KvSeen {
    const ageMs = Math.max(0, this.#options.clock.nowMs() - this.#seenAtMs);
    return { entry: this.#seen?.entry, isStale: this.#error !== undefined, ageMs };
  }
}

function isSame(one: KvEntry | undefined, other: KvEntry | undefined): boolean {
  return one?.modifyIndex === other?.modifyIndex && one?.lockIndex === other?.lockIndex;
}
