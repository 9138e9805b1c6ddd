import { seededRandom } from '../../src/runtime/random.ts';
import { type RawRequest, readRequest } from '../support/raw-request.ts';
import { generateAnswer, generateRequest } from './generate.ts';
import { Dice, mutate, pieces } from './mutate.ts';

/** What the origin does with one request. */
export interface PlannedAnswer {
  /** In the pieces in which it is sent. */
  readonly pieces: readonly Buffer[];
  /** What follows the last piece. */
  readonly then: 'stay' | 'end' | 'reset';
  /** Sent when the head is there, without waiting for the body. */
  readonly early: boolean;
  /** It is well-formed, whole, and says `body`; else anything may have happened to it. */
  readonly body: string | undefined;
}

/** A conversation of one client connection, made from a seed. */
export interface TrafficCase {
  readonly seed: number;
  readonly bytes: Buffer;
  readonly pieces: readonly Buffer[];
  /** How many requests the bytes are, untouched; undefined if they were mutated. */
  readonly requests: number | undefined;
  /** What a strict reader finds in the bytes, up to where it can go no further. */
  readonly readable: readonly RawRequest[];
  /** In the order in which requests reach the origin; beyond the last, the first again. */
  readonly answers: readonly PlannedAnswer[];
}

/** Makes the case of a seed. */
export function trafficCase(seed: number): TrafficCase {
  const dice = new Dice(seededRandom(seed));
  const count = 1 + dice.below(4);
  let text = '';
  for (let index = 0; index < count; index++) text += generateRequest(dice, { id: `${seed}-${index}`, odd: false });
  const isMutated = dice.once(2);
  if (isMutated) for (let changes = 1 + dice.below(3); changes > 0; changes--) text = mutate(text, dice);
  const bytes = Buffer.from(text, 'latin1');
  const areGood = dice.once(2);
  return {
    seed,
    bytes,
    pieces: pieces(bytes, dice),
    requests: isMutated ? undefined : count,
    readable: readAll(bytes),
    answers: Array.from({ length: count + 1 }, (_, index) => planAnswer(dice, `answer ${seed}-${index}`, areGood)),
  };
}

function planAnswer(dice: Dice, body: string, isGood: boolean): PlannedAnswer {
  let { text, closes } = generateAnswer(dice, body);
  const fate = isGood ? 0 : dice.below(4);
  if (fate === 1) for (let changes = 1 + dice.below(2); changes > 0; changes--) text = mutate(text, dice);
  if (fate === 2) text = text.slice(0, dice.below(text.length));
  const then = fate === 0 ? (closes ? 'end' : 'stay') : dice.of(['end', 'reset'] as const);
  return {
    pieces: pieces(Buffer.from(text, 'latin1'), dice),
    then,
    early: fate === 3,
    body: fate === 0 ? body : undefined,
  };
}

function readAll(bytes: Buffer): RawRequest[] {
  const requests: RawRequest[] = [];
  try {
    for (let at = 0; ; ) {
      // One empty line before a request is passed over (RFC 9112 §2.2).
      if (bytes.toString('latin1', at, at + 2) === '\r\n') at += 2;
      const request = readRequest(bytes.subarray(at));
      if (request === undefined) return requests;
      requests.push(request);
      at += request.size;
    }
  } catch {
    return requests;
  }
}
