import { AppExecution, type ExecutorOptions } from './app-execution.ts';
import type { BridgePlan } from './bridge-action.ts';
import type { AppReport } from './bridge-observer.ts';
import { Limit } from './limit.ts';

/** Writes under way at once, whatever the agents: a small agent takes some thousands in a second. */
const WRITES_AT_ONCE = 32;

/** Carries out plans: every app by itself, so that what fails for one keeps nothing from another. */
export class Executor {
  readonly #options: ExecutorOptions;

  constructor(options: ExecutorOptions) {
    this.#options = options;
  }

  /**
   * Writes until all is done or `signal` aborts; after that nothing more is sent, and what is under way is given up.
   * @returns what was done, for each app of the plan
   * @throws the signal's reason
   */
  async run(plan: BridgePlan, signal: AbortSignal): Promise<readonly AppReport[]> {
    const limit = new Limit(WRITES_AT_ONCE);
    const away = new Map<string, Error>();
    const running = plan.apps.map((app) => new AppExecution({ ...this.#options, limit, away, app, signal }).run());
    const results = await Promise.allSettled(running);
    signal.throwIfAborted();
    return results.map((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    });
  }
}
