import type { Candidate } from '../balance/balancer.ts';
import type { Endpoint } from './endpoint.ts';
import { MemberHistory, type OutlierState } from './member-history.ts';

/** Stands for the history of all who have none; never written to. */
const BLANK: Readonly<MemberHistory> = new MemberHistory();
/** In place of an update's number. */
const DEPARTED = -1;

/**
 * An endpoint as its upstream knows it: what the catalog says, and what we saw ourselves. It is the same object over
 * catalog updates, for as long as the endpoint's id stays. Most endpoints of a large catalog never get a request, so
 * there is no history before the first.
 */
export class Member implements Candidate {
  endpoint: Endpoint;
  /** The endpoint's weight, less while it starts slowly; changes only together with the list of candidates. */
  weight: number;
  /** Which update of its view last had it. */
  update = 0;
  #history: MemberHistory | undefined;

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint;
    this.weight = endpoint.weight;
  }

  get id(): string {
    return this.endpoint.id;
  }

  get inFlight(): number {
    return this.history.inFlight;
  }

  get latencyMs(): number {
    return this.history.latencyMs;
  }

  get outlier(): OutlierState {
    return this.history.outlier;
  }

  /** What we saw of it, to read. */
  get history(): Readonly<MemberHistory> {
    return this.#history ?? BLANK;
  }

  /** What we saw of it, to write to. */
  record(): MemberHistory {
    this.#history ??= new MemberHistory();
    return this.#history;
  }

  /** The catalog no longer has it. */
  get departed(): boolean {
    return this.update === DEPARTED;
  }

  /** The catalog no longer has it; its next update will say otherwise. */
  depart(): void {
    this.update = DEPARTED;
  }

  /** Takes a newer description. A new address under the same id is another process: what we saw of the old is void. */
  describe(endpoint: Endpoint): void {
    const moved = endpoint.host !== this.endpoint.host || endpoint.port !== this.endpoint.port;
    this.endpoint = endpoint;
    if (moved) this.#history?.forgetConduct();
  }
}
