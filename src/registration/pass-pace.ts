import type { Random } from '../runtime/random.ts';

/** The agent is compared with what is wanted this often; with the call itself that is within the promised 30 s. */
const RECONCILE_MS = 25_000;
/** After registering, the catalog is looked at after these pauses; when it is not there then, people are told. */
const CATALOG_LOOKS_MS: readonly number[] = [100, 400, 1500];

/** When to compare again, after a comparison that went well: sooner while the catalog does not show what was registered. */
export class PassPace {
  readonly #random: Random;
  readonly #onNotInCatalog: () => void;
  #looks = 0;

  /** @param onNotInCatalog the agent knows the service, and after several looks the catalog does not */
  constructor(random: Random, onNotInCatalog: () => void) {
    this.#random = random;
    this.#onNotInCatalog = onNotInCatalog;
  }

  /** It has just been registered (again). */
  registered(): void {
    this.#looks = 0;
  }

  /** How long until the next comparison: 22.5 to 25 s once all is well. */
  nextInMs({ isAwaitedInCatalog }: { readonly isAwaitedInCatalog: boolean }): number {
    const inMs = RECONCILE_MS * (0.9 + this.#random() / 10);
    if (!isAwaitedInCatalog) return inMs;
    const looks = this.#looks++;
    if (looks === CATALOG_LOOKS_MS.length) this.#onNotInCatalog();
    return CATALOG_LOOKS_MS[looks] ?? inMs;
  }
}
