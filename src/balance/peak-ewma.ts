import type { Random } from '../runtime/random.ts';
import type { Candidate } from './balancer.ts';
import { TwoChoices } from './p2c.ts';

/** What a busy candidate of unknown latency costs, ms: so much that it is left alone until its first answer. */
const UNKNOWN_MS = 1e9;

/**
 * How long a request would take there: the usual answer time, for it and for all that it would wait with. The weight
 * counts only for these, since the draw is by weight already.
 */
function expectedMs({ inFlight, weight, latencyMs }: Candidate): number {
  if (latencyMs === 0) return inFlight === 0 ? 0 : UNKNOWN_MS + inFlight / weight;
  return latencyMs * (1 + inFlight / weight);
}

/**
 * The quicker of two drawn, by answer time (a moving average that jumps up at once and comes down slowly) times
 * requests in flight, as in Finagle. Policy `peak-ewma`.
 */
export class PeakEwma extends TwoChoices {
  constructor(random: Random) {
    super(random, expectedMs);
  }
}
