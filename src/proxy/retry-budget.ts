/** The window in which requests and retries are compared. */
const WINDOW_MS = 1000;

/**
 * Keeps retries to a share of the requests of the last second, so that a service that fails everything is not also
 * asked everything twice. A few are always allowed, or a quiet service could never be retried.
 */
export class RetryBudget {
  readonly #share: number;
  readonly #floor: number;
  #windowStartMs = 0;
  #requests = 0;
  #retries = 0;
  #lastRequests = 0;
  #lastRetries = 0;

  /**
   * @param share retries per request, 0…1
   * @param floor retries a second that are always allowed
   */
  constructor(share: number, floor: number) {
    this.#share = share;
    this.#floor = floor;
  }

  /** Counts a request. */
  request(nowMs: number): void {
    if (nowMs - this.#windowStartMs >= WINDOW_MS) this.#turn(nowMs);
    this.#requests += 1;
  }

  /** Counts a retry, unless the budget is spent: then returns false. */
  retry(nowMs: number): boolean {
    if (nowMs - this.#windowStartMs >= WINDOW_MS) this.#turn(nowMs);
    // What is left of the last window counts by the part of it that is still within the last second.
    const lastPart = 1 - (nowMs - this.#windowStartMs) / WINDOW_MS;
    const requests = this.#requests + this.#lastRequests * lastPart;
    const retries = this.#retries + this.#lastRetries * lastPart;
    if (retries + 1 > Math.max(this.#floor, requests * this.#share)) return false;
    this.#retries += 1;
    return true;
  }

  #turn(nowMs: number): void {
    const follows = nowMs - this.#windowStartMs < 2 * WINDOW_MS;
    this.#lastRequests = follows ? this.#requests : 0;
    this.#lastRetries = follows ? this.#retries : 0;
    this.#windowStartMs = follows ? this.#windowStartMs + WINDOW_MS : nowMs;
    this.#requests = 0;
    this.#retries = 0;
  }
}
