import type { Random } from '../../src/runtime/random.ts';

/** One of a list; undefined only for an empty one. */
export function oneOf<T>(random: Random, from: readonly T[]): T | undefined {
  return from[Math.floor(random() * from.length)];
}

/** One of a list, by weight. @throws Error for an empty one */
export function weighted<C extends readonly [number, ...unknown[]]>(random: Random, choices: readonly C[]): C {
  let at = random() * choices.reduce((sum, [weight]) => sum + weight, 0);
  for (const choice of choices) {
    at -= choice[0];
    if (at < 0) return choice;
  }
  throw new Error('nothing to choose from');
}

/** Up to three labels, of few names and values, so that they often change. */
export function someLabels(random: Random): Record<string, string> {
  const count = Math.floor(random() * 4);
  const names = ['team', 'a/b', 'x y', 'ü', 'tier'];
  return Object.fromEntries(names.slice(0, count).map((name) => [name, `v${Math.floor(random() * 5)}`]));
}
