/** Places; a name takes the one that its hash says, from whoever has it. */
const PLACES = 2 ** 15;

/**
 * Remembers which names something happened to lately, in a fixed 256 KiB however many there are: a name is a 32-bit print
 * in the place of its hash, so a later name may push an earlier one out, and two names may (once in four thousand million
 * times) pass for each other. For what may be wrong now and then, such as who is let in first.
 */
export class RecentNames {
  /** Made when first needed: in most processes there is nothing to remember. */
  #prints: Uint32Array | undefined;
  /** When, in ms, without the upper bits. */
  #atMs: Uint32Array = new Uint32Array(0);

  note(name: string, nowMs: number): void {
    if (this.#prints === undefined) {
      this.#prints = new Uint32Array(PLACES);
      this.#atMs = new Uint32Array(PLACES);
    }
    const place = placeOf(name);
    this.#prints[place] = printOf(name);
    this.#atMs[place] = nowMs;
  }

  /** Whether the name was noted within the last `withinMs`, as far as is remembered. */
  has(name: string, withinMs: number, nowMs: number): boolean {
    const place = placeOf(name);
    if (this.#prints === undefined || this.#prints[place] !== printOf(name)) return false;
    return (nowMs - (this.#atMs[place] as number)) >>> 0 < withinMs;
  }
}

function placeOf(name: string): number {
  return hash(name, 0x811c9dc5) % PLACES;
}

/** Never 0, which is what an empty place holds. */
function printOf(name: string): number {
  return (hash(name, 0x2f0b4a27) | 1) >>> 0;
}

/** FNV-1a over the UTF-16 units, its upper bits mixed into the lower ones. */
function hash(name: string, basis: number): number {
  let value = basis;
  for (let at = 0; at < name.length; at++) value = Math.imul(value ^ name.charCodeAt(at), 0x01000193);
  return (value ^ (value >>> 15)) >>> 0;
}
