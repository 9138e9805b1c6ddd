import { DirectoryLock } from './directory-lock.ts';
import type { RegistryState } from './registry-state.ts';
import { StateFile } from './state-file.ts';

/** How long changes are gathered before they are written; a crash loses no more than this. */
const GATHER_MS = 100;

/** Keeps the registry's state on disk, where a directory is given; else does nothing. */
export class StateKeeper {
  readonly #dir: string | undefined;
  readonly #file: StateFile | undefined;
  readonly #onFailure: (error: unknown) => void;
  #lock: DirectoryLock | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** `onFailure` hears of a state that could not be written; the registry goes on, and tries again at the next change. */
  constructor(dir: string | undefined, onFailure: (error: unknown) => void) {
    this.#dir = dir;
    this.#file = dir === undefined ? undefined : new StateFile(dir);
    this.#onFailure = onFailure;
  }

  /**
   * Takes the directory, until {@link release}, and reads what an earlier process kept.
   * @throws CodedError `registry_state_in_use`, `registry_state_unreadable`
   */
  open(): RegistryState | undefined {
    if (this.#dir === undefined) return undefined;
    this.#lock = DirectoryLock.take(this.#dir);
    try {
      return this.#file?.read() as RegistryState | undefined;
    } catch (error) {
      this.release();
      throw error;
    }
  }

  /** Writes the state soon, once for all changes until then. */
  later(state: () => RegistryState): void {
    if (this.#file === undefined || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.now(state), GATHER_MS);
  }

  /** Calls off what was to be written soon, and leaves the directory to others. */
  release(): void {
    this.#cancel();
    this.#lock?.release();
    this.#lock = undefined;
  }

  /** Writes the state at once. */
  now(state: () => RegistryState): void {
    this.#cancel();
    try {
      this.#file?.write(state());
    } catch (error) {
      this.#onFailure(error);
    }
  }

  #cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
