import { CodedError } from '../runtime/coded-error.ts';
import { type AppView, absentView, unreadView, viewOfApp, viewOfPod } from './app-view.ts';
import type { BridgeListener } from './bridge-observer.ts';
import type { MarathonReads } from './bridge-options.ts';
import { asError } from './failure.ts';
import { Limit } from './limit.ts';
import type { MarathonApp } from './marathon-app.ts';
import { MarathonError } from './marathon-error.ts';
import type { MarathonPod } from './marathon-pod.ts';
import type { ReadList, Unreadable } from './unreadable.ts';

/** What Marathon has. */
export interface MarathonView {
  readonly apps: readonly AppView[];
  /** Whether an app or pod that is not in `apps` is none of Marathon's. */
  readonly isWhole: boolean;
}

const AT_ONCE = 8;
const NO_PODS: ReadList<MarathonPod> = { read: [], unreadable: [] };

/** Reads apps and pods as views. What cannot be read of one leaves the others as they are. */
export class MarathonReader {
  readonly #marathon: MarathonReads;
  readonly #onEvent: BridgeListener;

  constructor(marathon: MarathonReads, onEvent: BridgeListener) {
    this.#marathon = marathon;
    this.#onEvent = onEvent;
  }

  /** Everything. @throws MarathonError when the apps cannot be listed */
  async all(signal: AbortSignal): Promise<MarathonView> {
    const [apps, pods] = await Promise.all([this.#marathon.apps(signal), this.#pods(signal)]);
    const views = await new Limit(AT_ONCE).each(apps.read, (app) => this.#viewOf(app, signal));
    const unreadable = [...apps.unreadable, ...(pods?.unreadable ?? [])];
    return {
      apps: [...views, ...(pods?.read ?? []).map(viewOfPod), ...unreadable.map(unreadableView)],
      isWhole: pods !== undefined,
    };
  }

  /** Some apps or pods. What fails for one is told in its view. */
  async of(appIds: Iterable<string>, signal: AbortSignal): Promise<MarathonView> {
    const apps = await new Limit(AT_ONCE).each(appIds, async (appId): Promise<AppView> => {
      try {
        const app = await this.#marathon.app(appId, signal);
        if (app !== undefined) return await this.#viewOf(app, signal);
        const pod = await this.#pod(appId, signal);
        return pod === undefined ? absentView(appId) : viewOfPod(pod);
      } catch (error) {
        signal.throwIfAborted();
        return unreadView(appId, asError(error));
      }
    });
    return { apps, isWhole: false };
  }

  /** Marathon is asked for tasks apart where it does not give them with the app. */
  async #viewOf(app: MarathonApp, signal: AbortSignal): Promise<AppView> {
    if (app.tasks !== undefined) return viewOfApp(app, app.tasks);
    try {
      return viewOfApp(app, await this.#marathon.tasks(app.id, signal));
    } catch (error) {
      signal.throwIfAborted();
      return unreadView(app.id, asError(error));
    }
  }

  /** Undefined when they cannot be read. */
  async #pods(signal: AbortSignal): Promise<ReadList<MarathonPod> | undefined> {
    try {
      return await this.#marathon.pods(signal);
    } catch (error) {
      signal.throwIfAborted();
      if (hasNoPods(error)) return NO_PODS;
      this.#onEvent({ kind: 'pods_unreadable', error: asError(error) });
      return undefined;
    }
  }

  async #pod(id: string, signal: AbortSignal): Promise<MarathonPod | undefined> {
    try {
      return await this.#marathon.pod(id, signal);
    } catch (error) {
      if (hasNoPods(error)) return undefined;
      throw error;
    }
  }
}

/** A Marathon without the path has no pods either, or is not one that may be asked. */
function hasNoPods(error: unknown): boolean {
  return error instanceof MarathonError && error.kind === 'NotFound';
}

function unreadableView({ id, problem }: Unreadable): AppView {
  const message = `Marathon's answer for ${id} cannot be understood: ${problem}`;
  return unreadView(id, new CodedError(message, { code: 'marathon_bad_answer', side: 'internal', retryable: true }));
}
