/** Frames that steer and carry nothing: so many at once… */
const BURST = 200;
/** …and so many a second afterwards. */
const PER_SECOND = 20;

/** Counts frames by which a peer makes work without asking for anything (PING, SETTINGS): a token bucket. */
export class FloodGuard {
  #tokens = BURST;
  #atMs: number;

  constructor(nowMs: number) {
    this.#atMs = nowMs;
  }

  /** Counts one; false when there were too many. */
  count(nowMs: number): boolean {
    this.#tokens = Math.min(BURST, this.#tokens + ((nowMs - this.#atMs) / 1000) * PER_SECOND);
    this.#atMs = nowMs;
    this.#tokens -= 1;
    return this.#tokens >= 0;
  }
}
