import { readFile, stat } from 'node:fs/promises';
import type { Clock } from '../runtime/clock.ts';
import type { TokenSource } from './token-source.ts';

/** How long a look at the file holds. */
const LOOK_EVERY_MS = 1_000;

/**
 * A token kept in a file that something else rewrites. The file is looked at before a request, at most once a second,
 * and at once after Consul refused the token. Space around the token does not count.
 */
export class TokenFile implements TokenSource {
  readonly #path: string;
  readonly #clock: Clock;
  #token: string | undefined;
  #seen: string | undefined;
  #lookAtMs = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  /**
   * While the file cannot be read the last token stays in use: rotation may move it away for a moment.
   * @throws Error when it could never be read
   */
  async token(): Promise<string | undefined> {
    if (this.#clock.nowMs() >= this.#lookAtMs) {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined;
      });
      await this.#looking;
    }
    return this.#token;
  }

  refused(): void {
    this.#lookAtMs = Number.NEGATIVE_INFINITY;
    this.#seen = undefined;
  }

  async #look(): Promise<void> {
    try {
      const { mtimeMs, ctimeMs, size, ino } = await stat(this.#path);
      const seen = `${mtimeMs} ${ctimeMs} ${size} ${ino}`;
      if (seen !== this.#seen) {
        this.#token = (await readFile(this.#path, 'utf8')).trim() || undefined;
        this.#seen = seen;
      }
    } catch (error) {
      if (this.#seen === undefined && this.#token === undefined) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`cannot read the token file: ${reason}`, { cause: error });
      }
    }
    this.#lookAtMs = this.#clock.nowMs() + LOOK_EVERY_MS;
  }
}
