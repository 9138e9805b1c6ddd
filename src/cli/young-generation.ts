import { constants, PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** The most that new objects get before they are collected (V8 keeps twice that). Above, throughput gains nothing measurable. */
const MOST_BYTES = 4 * 2 ** 20;
/** Collected again within this time, the young generation is too small for what there is to do. */
const BUSY_MS = 50;
/** By then the start is over, and what was allocated for it need not be provided for. */
const START_MS = 2000;

/** What {@link YoungGeneration} sees and does of V8. */
export interface YoungGenerationOptions {
  /** What new objects may take before they are collected. */
  readonly capacityBytes: () => number;
  /** By what V8 multiplies the capacity when much of what was collected had survived; 1 leaves it as it is. */
  readonly setGrowth: (factor: 1 | 2) => void;
}

/**
 * Keeps V8's young generation as small as the work allows. By itself V8 doubles it, up to 32 MiB and the same again to
 * copy into, whenever enough has survived since the last time, however long that took; a thousand services coming into
 * view leave 60 MB behind for good. Here it may grow only while collections come often, and to 4 MiB.
 */
export class YoungGeneration {
  readonly #options: YoungGenerationOptions;
  #growth: 1 | 2 = 1;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(options: YoungGenerationOptions) {
    this.#options = options;
    options.setGrowth(1);
  }

  /** To be told of each collection of it. @param atMs when, on any monotonic clock */
  onCollection(atMs: number): void {
    const isBusy = atMs - this.#lastMs < BUSY_MS;
    this.#lastMs = atMs;
    const growth = isBusy && 2 * this.#options.capacityBytes() <= MOST_BYTES ? 2 : 1;
    if (growth === this.#growth) return;
    this.#growth = growth;
    this.#options.setGrowth(growth);
  }
}

/**
 * Holds this process's young generation for as long as it runs. By the one flag that V8 reads each time it is about to
 * grow, since its limit can be set by nobody but who starts Node.
 */
export function holdYoungGeneration(): void {
  const generation = new YoungGeneration({
    capacityBytes,
    setGrowth: (factor) => setFlagsFromString(`--semi-space-growth-factor=${factor}`),
  });
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind } = (entry as PerformanceEntry & { readonly detail: { readonly kind: number } }).detail;
      if (kind === constants.NODE_PERFORMANCE_GC_MINOR) generation.onCollection(entry.startTime);
    }
  });
  setTimeout(() => observer.observe({ entryTypes: ['gc'] }), START_MS).unref();
}

function capacityBytes(): number {
  const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  return space === undefined ? 0 : space.space_used_size + space.space_available_size;
}
