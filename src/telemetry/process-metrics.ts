import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay, PerformanceObserver, performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Clock } from '../runtime/clock.ts';
import type { PilotfishMetrics } from './pilotfish-metrics.ts';
import type { Registry } from './registry.ts';
import type { Histogram } from './series.ts';

/** What {@link ProcessMetrics} is made of. */
export interface ProcessMetricsOptions {
  readonly registry: Registry;
  readonly metrics: PilotfishMetrics;
  readonly clock: Clock;
  /** pilotfish's own, for `pilotfish_build_info`. */
  readonly version: string;
}

/** Sampling every 20 ms costs 0.15 % of a core; every 10 ms, Node's default, twice that. */
const RESOLUTION_MS = 20;
/** The event loop's window. Longer than between two scrapers, so that they do not take the numbers from each other. */
const WINDOW_MS = 10_000;
const statistics: readonly (readonly [label: string, percentile: number])[] = [
  ['p50', 50],
  ['p99', 99],
  ['max', 100],
];
/** Node's bits for kinds of collections (`perf_hooks.constants.NODE_PERFORMANCE_GC_…`), by OpenTelemetry's names. */
const gcTypes: ReadonlyMap<number, string> = new Map([
  [1, 'minor'],
  [2, 'minor'],
  [4, 'major'],
  [8, 'incremental'],
  [16, 'weakcb'],
]);

/**
 * The process's own metrics: event loop, garbage collection, memory, CPU, open sockets. Read when somebody scrapes;
 * between scrapes only the event loop's delay is sampled, every 20 ms by Node itself, and collections are noted.
 */
export class ProcessMetrics implements Disposable {
  readonly #options: ProcessMetricsOptions;
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #gc: PerformanceObserver;
  readonly #gcSeries = new Map<number, Histogram>();
  readonly #stopCollecting: () => void;
  readonly #resourceTypes = new Set<string>();
  #utilization = performance.eventLoopUtilization();
  #windowFromMs: number;

  constructor(options: ProcessMetricsOptions) {
    this.#options = options;
    const { registry, metrics, clock, version } = options;
    this.#windowFromMs = clock.nowMs();
    this.#delay.enable();
    this.#gc = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) this.#onCollection(entry);
    });
    this.#gc.observe({ entryTypes: ['gc'] });
    metrics.build.bind(version, process.versions.node).set(1);
    metrics.startTime.bind().set(Math.round(performance.timeOrigin) / 1000);
    metrics.heapLimit.bind().set(getHeapStatistics().heap_size_limit);
    this.#stopCollecting = registry.onCollect(() => this.#collect());
  }

  /** Stops watching; what was last read stays in the registry. */
  [Symbol.dispose](): void {
    this.#stopCollecting();
    this.#gc.disconnect();
    this.#delay.disable();
  }

  #collect(): void {
    const { metrics } = this.#options;
    const { user, system } = process.cpuUsage();
    metrics.cpuTime.bind().observe((user + system) / 1e6);
    const memory = process.memoryUsage();
    metrics.residentMemory.bind().set(memory.rss);
    metrics.heapUsed.bind().set(memory.heapUsed);
    metrics.externalMemory.bind().set(memory.external);
    const descriptors = openDescriptors();
    if (descriptors !== undefined) metrics.openDescriptors.bind().set(descriptors);
    this.#collectResources();
    this.#collectLoop();
  }

  #collectResources(): void {
    const counts = new Map<string, number>();
    for (const type of process.getActiveResourcesInfo()) counts.set(type, (counts.get(type) ?? 0) + 1);
    for (const type of counts.keys()) this.#resourceTypes.add(type);
    for (const type of this.#resourceTypes) {
      this.#options.metrics.openResources.bind(type).set(counts.get(type) ?? 0);
    }
  }

  #collectLoop(): void {
    const { metrics, clock } = this.#options;
    const nowMs = clock.nowMs();
    const first = metrics.loopDelay.size === 0;
    if (!first && nowMs - this.#windowFromMs < WINDOW_MS) return;
    this.#windowFromMs = nowMs;
    for (const [label, percentile] of statistics) {
      const gapMs = this.#delay.count === 0 ? 0 : this.#delay.percentile(percentile) / 1e6;
      metrics.loopDelay.bind(label).set(Math.max(0, gapMs - RESOLUTION_MS) / 1000);
    }
    this.#delay.reset();
    const before = this.#utilization;
    this.#utilization = performance.eventLoopUtilization();
    metrics.loopUtilization.bind().set(performance.eventLoopUtilization(this.#utilization, before).utilization);
  }

  #onCollection(entry: PerformanceEntry): void {
    const { kind } = (entry as PerformanceEntry & { readonly detail: { readonly kind: number } }).detail;
    let series = this.#gcSeries.get(kind);
    if (series === undefined) {
      series = this.#options.metrics.gcDuration.bind(gcTypes.get(kind) ?? 'other');
      this.#gcSeries.set(kind, series);
    }
    series.record(entry.duration / 1000);
  }
}

/** How many descriptors are open; undefined where the system does not tell. */
function openDescriptors(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}
