/** A source of chance: a number in [0, 1). Injected, so that tests and simulations can be repeated. */
export type Random = () => number;

/** The machine's own chance. Not for secrets. */
export const systemRandom: Random = Math.random;

/** An id that nobody else is likely to have, as `bytes` bytes in hexadecimal. Not for secrets. */
export function randomId(bytes: number, random: Random): string {
  let id = '';
  for (let at = 0; at < bytes; at++)
    id += Math.floor(random() * 256)
      .toString(16)
      .padStart(2, '0');
  return id;
}

/** The same sequence for the same 32-bit seed (mulberry32); for tests, simulations and fuzzing. */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
