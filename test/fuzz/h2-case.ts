import { seededRandom } from '../../src/runtime/random.ts';
import { bearableAttack, endingAttack } from './h2-attacks.ts';
import { Frame, frame, PREFACE, settingsFrame } from './h2-frames.ts';
import { badRequest, cancelled, goodRequest, type H2Request, withField, wrongLength } from './h2-requests.ts';
import { Dice, pieces } from './mutate.ts';

/** What one client does on one connection over HTTP/2, made from a seed. */
export interface H2Case {
  readonly seed: number;
  readonly pieces: readonly Buffer[];
  readonly requests: readonly H2Request[];
  /** `ends`: the connection must be ended for what is in it. `lives`: it must not. `any`: its bytes were changed at random. */
  readonly fate: 'ends' | 'lives' | 'any';
  /** For people. */
  readonly what: readonly string[];
}

/** nghttp2 before 1.70 (Node 22) takes a CONTINUATION that comes in more than eight reads for a flood. */
const COUNTS_READS = Number(process.versions.node.split('.')[0]) < 24;

/** Makes the case of a seed. */
export function h2Case(seed: number): H2Case {
  const dice = new Dice(seededRandom(seed));
  const fate = dice.of(['lives', 'lives', 'ends', 'any'] as const);
  const requests: H2Request[] = [];
  for (let count = 1 + dice.below(6); count > 0; count--) {
    const options = { stream: 2 * requests.length + 1, id: `${seed}-${requests.length}` };
    requests.push(
      dice.of([goodRequest, goodRequest, goodRequest, badRequest, badRequest, withField, wrongLength, cancelled])(
        dice,
        options,
      ),
    );
  }
  const what = requests.map((request) => `${request.expected}: ${request.what}`);
  const units = inTurns(dice, requests);
  const nextStream = 2 * requests.length + 1;
  for (let count = dice.below(3); count > 0; count--) {
    const attack = bearableAttack(dice, nextStream);
    what.push(attack.what);
    units.splice(dice.below(units.length + 1), 0, attack.bytes);
  }
  if (fate === 'ends') {
    const attack = endingAttack(dice, nextStream);
    what.push(`ends: ${attack.what}`);
    units.push(attack.bytes);
  }
  let bytes: Buffer = Buffer.concat([PREFACE, settingsFrame([]), frame(Frame.SETTINGS, 1, 0), ...units]);
  if (fate === 'any') {
    bytes = mutated(bytes, dice);
    what.push('changed at random');
  }
  // Each piece takes its time, and a large case cut into bytes more than a request has.
  const cut = bytes.length > 5000 || COUNTS_READS ? [bytes] : pieces(bytes, dice);
  return { seed, pieces: cut, requests, fate, what };
}

/** The units of the requests: each request's in order, the first ones by stream, else as it happens. */
function inTurns(dice: Dice, requests: readonly H2Request[]): Buffer[] {
  const units: Buffer[] = [];
  const under: Buffer[][] = [];
  const waiting = requests.map((request) => [...request.units]);
  while (waiting.length + under.length > 0) {
    const isNext = under.length === 0 || (waiting.length > 0 && dice.once(2));
    const from = isNext ? (waiting.shift() as Buffer[]) : dice.of(under);
    units.push(from.shift() as Buffer);
    if (isNext) under.push(from);
    for (let index = under.length - 1; index >= 0; index--) if (under[index]?.length === 0) under.splice(index, 1);
  }
  return units;
}

/** A few bytes changed, put in, taken out, or the end cut off; after the preface, or it would be another protocol. */
function mutated(bytes: Buffer, dice: Dice): Buffer {
  let changed: Buffer = bytes;
  for (let changes = 1 + dice.below(4); changes > 0; changes--) {
    const at = PREFACE.length + dice.below(changed.length - PREFACE.length);
    const size = 1 + dice.below(dice.once(3) ? 30 : 3);
    const [before, after] = [changed.subarray(0, at), changed.subarray(at)];
    const noise = Buffer.from(Array.from({ length: size }, () => dice.below(256)));
    const kind = dice.below(5);
    if (kind === 0) changed = Buffer.concat([before, noise, after]);
    else if (kind === 1) changed = Buffer.concat([before, after.subarray(size)]);
    else if (kind === 2) changed = Buffer.concat([before, after.subarray(0, size), after]);
    else if (kind === 3 && at > PREFACE.length) changed = before;
    else changed = Buffer.concat([before, noise.subarray(0, 1), after.subarray(1)]);
  }
  return changed;
}
