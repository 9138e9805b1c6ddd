import type { PolicyName } from '../../src/upstream/upstream-settings.ts';
import type { Contestant } from './contestant.ts';
import type { LoadFigures } from './load-figures.ts';

/** A contestant in one of its settings: a row of the table. */
export interface Entrant {
  readonly name: string;
  readonly contestant: Contestant;
  readonly policy: PolicyName;
}

/** One timed run. */
export interface LoadOrder {
  readonly port: number;
  readonly seconds: number;
  /** Requests per second, where the scenario sets a rate. */
  readonly rate: number;
}

/** One question, asked of every entrant in the same way. */
export interface Scenario {
  /** For `--scenario` and the result's file name. */
  readonly name: string;
  readonly title: string;
  /** What the CPU time is divided by. */
  readonly unit: 'request' | 'message' | 'MiB';
  /** Who answers: nginx on memory and files, or bench/origin.ts. */
  readonly origin: 'files' | 'raw';
  /** How many endpoints there are; 1 unless said. Each is another address of the loopback, with nginx on all of them. */
  readonly endpoints?: number;
  /** Load before each timed run, so that connections that were closed as idle meanwhile are there again. */
  readonly settlesFirst?: boolean;
  /** Half of what pilotfish (or else HAProxy) reaches in a closed loop; told to every `load`. */
  readonly setsRate?: boolean;
  entrants(contestants: readonly Contestant[]): readonly Entrant[];
  load(order: LoadOrder): Promise<LoadFigures>;
}
