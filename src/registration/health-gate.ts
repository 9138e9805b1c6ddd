/** What the app's own health is, as far as anyone can tell from outside. */
export interface AppHealth {
  readonly status: 'passing' | 'warning' | 'critical';
  /** For people: what was seen. */
  readonly output: string;
}

/** How many results in a row it takes to change the mind. */
export interface HealthGateSettings {
  /** Good ones (passing or warning) to rise from critical. */
  readonly rise: number;
  /** Critical ones to fall. */
  readonly fall: number;
}

/**
 * Smooths a stream of probe results: one lost probe is no outage, and one lucky probe no recovery. The first result
 * counts at once. Between passing and warning nothing is smoothed: neither takes the app out of use.
 */
export class HealthGate {
  readonly #settings: HealthGateSettings;
  #current: AppHealth | undefined;
  #against = 0;

  constructor(settings: HealthGateSettings) {
    this.#settings = settings;
  }

  /** Takes a result; returns what counts now. */
  take(result: AppHealth): AppHealth {
    const current = this.#current;
    const isSameSide = current !== undefined && (current.status === 'critical') === (result.status === 'critical');
    if (current === undefined || isSameSide) return this.#settle(result);
    this.#against += 1;
    const needed = result.status === 'critical' ? this.#settings.fall : this.#settings.rise;
    return this.#against >= needed ? this.#settle(result) : current;
  }

  #settle(result: AppHealth): AppHealth {
    this.#against = 0;
    this.#current = result;
    return result;
  }
}
