import { AnswerTimes } from './answer-times.ts';

/** Latencies older than this count for little: the time constant of the moving average. */
const LATENCY_DECAY_MS = 10_000;
/** A latency that has decayed below this is forgotten. */
const FORGOTTEN_MS = 0.01;
/** Failures in a row make an endpoint look slow up to this. */
const MAX_PENALTY_MS = 10_000;

const NO_ANSWERS: readonly number[] = [];

/** Why an endpoint was ejected. */
export type EjectionReason = 'consecutive-failures' | 'consecutive-gateway-failures' | 'success-rate';

/** Where an endpoint stands with the outlier detector; `ejections` is what its next ejection time grows with. */
export type OutlierState =
  | { readonly kind: 'in-use'; readonly ejections: number; readonly sinceMs: number }
  | {
      readonly kind: 'ejected';
      readonly ejections: number;
      readonly sinceMs: number;
      readonly untilMs: number;
      readonly reason: EjectionReason;
    }
  | { readonly kind: 'returning'; readonly ejections: number; readonly sinceMs: number };

/** Never ejected. */
export const UNBLEMISHED: OutlierState = { kind: 'in-use', ejections: 0, sinceMs: 0 };

/** What we saw of an endpoint ourselves, from its first request on. */
export class MemberHistory {
  inFlight = 0;
  /** Peak-sensitive moving average of its answer times, ms; 0 while unknown. */
  latencyMs = 0;
  outlier: OutlierState = UNBLEMISHED;
  /** In a row, since the last success. */
  failures = 0;
  gatewayFailures = 0;
  /** Since the last comparison of success rates. */
  windowRequests = 0;
  windowFailures = 0;
  /** Since it was first seen. */
  requests = 0;
  failed = 0;
  /** Counts of answer times that other processes tell of, where this one has no traffic; see `upstream-load.ts`. */
  shownAnswers: readonly number[] = NO_ANSWERS;
  #latencyAtMs = 0;
  /** Undefined until the first answer. */
  #answers: AnswerTimes | undefined;

  /** Forgets how the endpoint did: another process has its id now. What is under way, and was counted, stays. */
  forgetConduct(): void {
    this.outlier = UNBLEMISHED;
    this.latencyMs = 0;
    this.#answers = undefined;
    this.failures = this.gatewayFailures = 0;
    this.windowRequests = this.windowFailures = 0;
  }

  /** Counts an answer's time, whatever its status; for {@link answerCounts} alone. */
  noteAnswer(latencyMs: number, nowMs: number): void {
    this.#answers ??= new AnswerTimes(nowMs);
    this.#answers.note(latencyMs, nowMs);
  }

  /** How long the answers of the last 30 to 60 s took, as `answerQuantileMs` reads it. */
  answerCounts(nowMs: number): readonly number[] {
    return this.#answers?.read(nowMs) ?? this.shownAnswers;
  }

  /** Notes an answer's time: a longer one counts at once and in full, a shorter one bit by bit. */
  noteLatency(latencyMs: number, nowMs: number): void {
    if (latencyMs >= this.latencyMs) {
      this.latencyMs = Math.max(latencyMs, FORGOTTEN_MS);
    } else {
      const kept = Math.exp((this.#latencyAtMs - nowMs) / LATENCY_DECAY_MS);
      this.latencyMs = Math.max(this.latencyMs * kept + latencyMs * (1 - kept), FORGOTTEN_MS);
    }
    this.#latencyAtMs = nowMs;
  }

  /**
   * Notes a fault's time. A quick failure must not make an endpoint look quick, so it never lowers the latency, and from
   * the second in a row on each doubles it.
   */
  noteFault(latencyMs: number, nowMs: number): void {
    this.failed += 1;
    const atLeastMs = this.failures === 0 ? this.latencyMs : Math.min(this.latencyMs * 2, MAX_PENALTY_MS);
    this.noteLatency(Math.max(latencyMs, this.latencyMs, atLeastMs), nowMs);
  }

  /** Lets the latency of an endpoint that had no answers lately fade, so that it is tried again. */
  fadeLatency(nowMs: number): void {
    if (this.latencyMs === 0 || nowMs === this.#latencyAtMs) return;
    const faded = this.latencyMs * Math.exp((this.#latencyAtMs - nowMs) / LATENCY_DECAY_MS);
    this.latencyMs = faded < FORGOTTEN_MS ? 0 : faded;
    this.#latencyAtMs = nowMs;
  }
}
