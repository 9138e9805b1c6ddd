/** One timed run of one entrant. Times are of the proxy's processes only. */
export interface Round {
  readonly cpuMicrosPerUnit: number;
  readonly userMicrosPerUnit: number;
  readonly systemMicrosPerUnit: number;
  readonly unitsPerSecond: number;
  readonly rssBytes: number;
  readonly errors: number;
  /** Share of the proxy's core that the proxy used, 0…1. */
  readonly proxyCoreShare: number;
  /** What processes other than the bench's took meanwhile, in cores: above some hundredths, the machine was not ours. */
  readonly strangerCores: number;
  readonly p50Ms?: number | undefined;
  readonly p99Ms?: number | undefined;
  readonly p999Ms?: number | undefined;
  readonly lateP50Ms?: number | undefined;
  readonly lateP99Ms?: number | undefined;
  readonly wantedPerSecond?: number | undefined;
}

/** A row: an entrant with its rounds. */
export interface Row {
  readonly name: string;
  readonly kind: 'own' | 'native' | 'npm' | 'floor';
  readonly about: string;
  readonly version: string;
  /** Forwarding fields that it adds to a request. */
  readonly forwardingFields: readonly string[];
  readonly rounds: readonly Round[];
}

/** Where and with what it was measured; no names or paths of the machine. */
export interface MachineFacts {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly kernel: string;
  readonly node: string;
  readonly wrk: string;
  readonly nginx: string;
  /** Of pilotfish; with `+` when there were changes beyond it. */
  readonly commit: string;
}

/** What one scenario gave, as kept in bench/results/. */
export interface Result {
  readonly scenario: string;
  readonly title: string;
  readonly unit: 'request' | 'message' | 'MiB';
  readonly date: string;
  readonly command: string;
  readonly origin: string;
  readonly seconds: number;
  readonly machine: MachineFacts;
  readonly rows: readonly Row[];
  /** What a reader must know beside the figures. */
  readonly notes: readonly string[];
  /** Who was not timed, and why. */
  readonly excluded: readonly { readonly name: string; readonly reasons: readonly string[] }[];
}

/** The figures of a round that have a median. */
export type Figure = Exclude<keyof Round, 'errors'>;

/** Picks out a figure from all rounds of a row; rounds without it are left out. */
export function valuesOf(row: Row, figure: Figure): number[] {
  return row.rounds.map((round) => round[figure]).filter((value) => value !== undefined);
}
