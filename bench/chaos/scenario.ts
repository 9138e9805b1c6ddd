import type { LoadReport } from './load-report.ts';
import type { Stage } from './stage.ts';

/** One thing that must be so, and whether it was. */
export interface Claim {
  readonly text: string;
  readonly held: boolean;
  /** What was seen. */
  readonly seen: string;
  /** A limit on time or memory: judged by the bench, and not by tests, which run on whatever machine there is. */
  readonly isFigure: boolean;
}

/** What a scenario showed. */
export interface Outcome {
  /** Undefined where there was no load. */
  readonly load?: Pick<LoadReport, 'requests' | 'failed' | 'worstGapMs'> | undefined;
  /** POSTs that were executed more than once; undefined where none were sent. */
  readonly duplicates?: number | undefined;
  /** From the fault, or from its end, until all was well again. */
  readonly recoveryMs?: number | undefined;
  /** Further figures, by name. */
  readonly figures?: Readonly<Record<string, number | string>>;
}

/** A fault, and what must come of it: a row of the contract. */
export interface Scenario {
  readonly name: string;
  /** What goes wrong. */
  readonly fault: string;
  /** What must happen. */
  readonly must: string;
  /** `consul`: what Consul does is the point, so a real one is preferred; `any`: any registry will do. */
  readonly registry: 'consul' | 'any';
  /** Stated where failed requests are what the fault is about. */
  readonly failuresAreMeant?: boolean;
  /** It takes so long that it is played only when it is named. */
  readonly isLong?: boolean;
  /** Plays it, and puts what it finds to `stage.claim`. */
  readonly play: (stage: Stage) => Promise<Outcome>;
}
