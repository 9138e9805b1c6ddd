import type { ConfigEntryApi } from '../consul/config-entry.ts';
import type { ConfigEntry } from '../consul/decode/config-entry.ts';
import type { JsonObject } from '../consul/decode/decoder.ts';
import { Tasks } from '../runtime/task.ts';

/** The kinds of config entries that are traffic rules. */
const KINDS = ['service-resolver', 'service-splitter', 'service-router'] as const;

/** A kind of traffic rule. */
export type RuleKind = (typeof KINDS)[number];

/** One who wants to know of changes. */
export interface RuleListener {
  look(): void;
}

/**
 * Which services have traffic rules: one watch per kind for all services of the process, while anybody wants to know. So
 * the many services without rules cost no query of their own.
 */
export class RuleEntries {
  readonly #config: Pick<ConfigEntryApi, 'watchKind'>;
  readonly #entries = new Map<RuleKind, ReadonlyMap<string, ConfigEntry>>();
  readonly #listeners = new Set<RuleListener>();
  #tasks: Tasks | undefined;

  constructor(config: Pick<ConfigEntryApi, 'watchKind'>) {
    this.#config = config;
  }

  /** Whether every kind has been told of, or could not be asked about. */
  get isKnown(): boolean {
    return this.#entries.size === KINDS.length;
  }

  /** Whether the service has rules of its own. */
  isRuled(service: string): boolean {
    return KINDS.some((kind) => this.#entries.get(kind)?.has(service) === true);
  }

  /** The resolver of a service, as Consul has it. */
  resolver(service: string): JsonObject | undefined {
    return this.#entries.get('service-resolver')?.get(service)?.raw;
  }

  /** Has `listener` look at each change from now on. */
  subscribe(listener: RuleListener): void {
    this.#listeners.add(listener);
    this.#tasks ??= this.#start();
  }

  /** Ends that; resolves when nothing is watched for it any more. */
  async unsubscribe(listener: RuleListener): Promise<void> {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return;
    const tasks = this.#tasks;
    this.#tasks = undefined;
    await tasks?.stop();
  }

  #start(): Tasks {
    // The client's watches never throw; without them the entries stay as they were.
    const tasks = new Tasks(() => {});
    for (const kind of KINDS) tasks.start(kind, (signal) => this.#watch(kind, signal));
    return tasks;
  }

  async #watch(kind: RuleKind, signal: AbortSignal): Promise<void> {
    const observer = {
      // What was known stays true as far as anyone knows; who knew nothing is not to wait for it.
      failed: () => {
        if (!this.#entries.has(kind)) this.#take(kind, []);
      },
    };
    // Every sidecar has these watches, and Consul's agents cache none of them: any server is to answer, not the leader only.
    const options = { signal, observer, consistency: 'stale' } as const;
    for await (const { value } of this.#config.watchKind(kind, options)) this.#take(kind, value);
  }

  #take(kind: RuleKind, entries: readonly ConfigEntry[]): void {
    this.#entries.set(kind, new Map(entries.map((entry) => [entry.name, entry])));
    for (const listener of [...this.#listeners]) listener.look();
  }
}
