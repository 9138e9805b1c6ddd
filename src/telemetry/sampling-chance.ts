import type { Random } from '../runtime/random.ts';

/** The longest wait that is drawn; then another is, so that the count stays a small integer for V8. */
const LONGEST = 2 ** 30 - 1;

/**
 * Says yes to a share of those who ask, each by a chance of its own. How many are said no to before the next yes is drawn
 * at once (geometrically distributed), so that nearly all of them cost a count and no random number.
 */
export class SamplingChance {
  readonly #random: Random;
  /** The logarithm of the chance of a no; 0 = never yes, -Infinity = always. */
  readonly #logNo: number;
  #left: number;
  #isLast: boolean;

  /** @param ratio 0…1 */
  constructor(random: Random, ratio: number) {
    this.#random = random;
    this.#logNo = Math.log1p(-ratio);
    this.#left = 0;
    this.#isLast = false;
    this.#draw();
  }

  /** Whether the next is one of the share. */
  next(): boolean {
    if (this.#left > 0) {
      this.#left -= 1;
      return false;
    }
    const isYes = this.#isLast;
    this.#draw();
    return isYes;
  }

  #draw(): void {
    const wait = this.#logNo === 0 ? Number.POSITIVE_INFINITY : Math.floor(Math.log1p(-this.#random()) / this.#logNo);
    this.#isLast = wait <= LONGEST;
    this.#left = Math.min(wait, LONGEST);
  }
}
