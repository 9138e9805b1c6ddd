import { RecentNames } from './recent-names.ts';

/** A name that was refused and is called again within this time goes before names that are called once. */
const CALLED_AGAIN_MS = 10_000;

/** The name that was not called for longest, of those for which there is room. */
export interface OldestName {
  readonly key: string;
  /** When the catalog was asked about it. */
  readonly askedAtMs: number;
}

/**
 * Decides for which names that the catalog has not vouched for there is room, once all room is taken. Names asked about
 * just now are kept, or they would be asked about again. Only one that is called again takes the place of the name that
 * was not called for longest: a flood of invented names calls each once, and would else leave no room for a service that
 * is called for the first time.
 */
export class Admission {
  readonly #keptForMs: number;
  /** Names for which there was no room. */
  readonly #refused = new RecentNames();
  /** Names that had to make room although they may have been asked about just now. */
  readonly #ousted = new RecentNames();

  /** @param keptForMs the catalog is asked about the same name once in this time */
  constructor(keptForMs: number) {
    this.#keptForMs = keptForMs;
  }

  /** Whether the name may take the place of the oldest, which then has to go. */
  admits(key: string, oldest: OldestName, nowMs: number): boolean {
    if (nowMs - oldest.askedAtMs >= this.#keptForMs) return true;
    if (!this.#refused.has(key, CALLED_AGAIN_MS, nowMs)) {
      this.#refused.note(key, nowMs);
      return false;
    }
    if (this.#ousted.has(key, this.#keptForMs, nowMs)) return false;
    this.#ousted.note(oldest.key, nowMs);
    return true;
  }
}
