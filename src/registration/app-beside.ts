import type { AppProbe } from './app-probe.ts';
import type { AppHealth } from './health-gate.ts';

/** What an {@link AppBeside} is made of. */
export interface AppBesideOptions {
  readonly port: number;
  /** See `outbound-address.ts`. */
  readonly resolveAddress: (signal: AbortSignal) => Promise<string>;
  readonly probe: (probe: AppProbe, signal: AbortSignal) => Promise<AppHealth>;
}

const LOOPBACK = '127.0.0.1';
const TIMEOUT_MS = 2000;

/** The app on the same machine: by which address others reach it, and how it is. */
export class AppBeside {
  readonly #options: AppBesideOptions;
  #address: string | undefined;

  constructor(options: AppBesideOptions) {
    this.#options = options;
  }

  /** The address to register; once it is known it stays. @throws what resolving it threw */
  async address(signal: AbortSignal): Promise<string> {
    this.#address ??= await this.#options.resolveAddress(signal);
    return this.#address;
  }

  /** Asks the app at its address and on loopback: that either answers is enough. Rejects only when aborted. */
  async health(check: AppProbe['check'], signal: AbortSignal): Promise<AppHealth> {
    const address = await this.address(signal).catch(() => LOOPBACK);
    signal.throwIfAborted();
    const { port, probe } = this.#options;
    const first = await probe({ host: address, port, check, timeoutMs: TIMEOUT_MS }, signal);
    if (first.status !== 'critical' || address === LOOPBACK) return first;
    const second = await probe({ host: LOOPBACK, port, check, timeoutMs: TIMEOUT_MS }, signal);
    return second.status === 'critical' ? first : second;
  }
}
