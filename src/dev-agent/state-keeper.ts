import type { RegistryState } from './registry-state.ts';
import { StateFile } from './state-file.ts';

/** How long changes are gathered before they are written; a crash loses no more than this. */
const GATHER_MS = 100;

/** Keeps the registry's state on disk, where a directory is given; else does nothing. */
export class StateKeeper {
  readonly #file: StateFile | undefined;
  readonly #onFailure: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;

  /** `onFailure` hears of a state that could not be written; the registry goes on, and tries again at the next change. */
  constructor(dir: string | undefined, onFailure: (error: unknown) => void) {
    this.#file = dir === undefined ? undefined : new StateFile(dir);
    this.#onFailure = onFailure;
  }

  /** What an earlier process kept. @throws CodedError `registry_state_unreadable` */
  read(): RegistryState | undefined {
    return this.#file?.read() as RegistryState | undefined;
  }

  /** Writes the state soon, once for all changes until then. */
  later(state: () => RegistryState): void {
    if (this.#file === undefined || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.now(state), GATHER_MS);
  }

  /** Calls off what was to be written soon. */
  cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Writes the state at once. */
  now(state: () => RegistryState): void {
    this.cancel();
    try {
      this.#file?.write(state());
    } catch (error) {
      this.#onFailure(error);
    }
  }
}
