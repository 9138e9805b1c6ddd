import type { Clock } from '../runtime/clock.ts';
import type { AppClaims } from './claims.ts';
import { isLater, saysItIsOver } from './claims.ts';
import type { TaskStatusEvent } from './marathon-event.ts';

/** What is to be compared next. */
export interface Work {
  /** Undefined: only the apps in `claims`. */
  readonly wholeBecause: string | undefined;
  /** By app id. */
  readonly claims: ReadonlyMap<string, AppClaims>;
}

interface PendingApp {
  readonly tasks: Map<string, TaskStatusEvent>;
  readonly unconfirmed: Set<string>;
  hasEnded: boolean;
  /** Not to be compared before this moment. */
  notBeforeMs: number;
}

/** An app is not compared more often, however fast its events come; what comes meanwhile is compared together. */
const APP_GAP_MS = 200;
/** The same for everything. */
const WHOLE_GAP_MS = 1_000;
/** Beyond so many apps it costs less to compare everything. */
const MOST_APPS = 64;
/** Tasks known to have ended, so that a late or replayed event does not bring them back. */
const MOST_ENDED = 10_000;

/** What the bridge still has to compare, and what events said of it. Many events become one comparison. */
export class PendingWork {
  readonly #clock: Clock;
  readonly #apps = new Map<string, PendingApp>();
  readonly #lastTakenMs = new Map<string, number>();
  /** By task id: when it ended by Marathon's clock, where that is known. */
  readonly #ended = new Map<string, string | undefined>();
  #whole: { readonly because: string; readonly dueMs: number } | undefined;
  #wholeTakenMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Apps that are to be compared. */
  get size(): number {
    return this.#apps.size;
  }

  /** Everything is to be compared, `afterMs` from now. */
  addWhole(because: string, afterMs = 0): void {
    const dueMs = Math.max(this.#clock.nowMs() + afterMs, this.#wholeTakenMs + WHOLE_GAP_MS);
    if (this.#whole === undefined || dueMs < this.#whole.dueMs) this.#whole = { because, dueMs };
  }

  /** An app is to be compared, `afterMs` from now. */
  addApp(appId: string, afterMs = 0): void {
    const notBeforeMs = this.#clock.nowMs() + afterMs;
    const app = this.#app(appId, notBeforeMs);
    app.notBeforeMs = Math.min(app.notBeforeMs, notBeforeMs);
  }

  /** An app is said to be no more. */
  addEndedApp(appId: string): void {
    this.addApp(appId);
    this.#app(appId).hasEnded = true;
  }

  /** A task is said to have another status. */
  addStatus(event: TaskStatusEvent): void {
    const { appId, taskId } = event;
    this.addApp(appId);
    const { tasks } = this.#app(appId);
    if (saysItIsOver(event)) {
      this.#ended.delete(taskId);
      this.#ended.set(taskId, event.timestamp);
      const oldest = this.#ended.size > MOST_ENDED ? this.#ended.keys().next().value : undefined;
      if (oldest !== undefined) this.#ended.delete(oldest);
    } else if (this.#ended.has(taskId)) {
      if (!isLater(event.timestamp, this.#ended.get(taskId))) return;
      this.#ended.delete(taskId);
    }
    const known = tasks.get(taskId);
    if (known === undefined || !isLater(known.timestamp, event.timestamp)) tasks.set(taskId, event);
  }

  /** Tasks that were registered because an event said so, to be looked for in Marathon's list `afterMs` from now. */
  addUnconfirmed(appId: string, taskIds: Iterable<string>, afterMs: number): void {
    this.addApp(appId, afterMs);
    for (const taskId of taskIds) this.#app(appId).unconfirmed.add(taskId);
  }

  /** Gives back what was taken and could not be done, to be tried again `afterMs` from now. */
  putBack({ wholeBecause, claims }: Work, afterMs: number): void {
    if (wholeBecause !== undefined) this.addWhole('retry', afterMs);
    for (const [appId, { tasks, unconfirmed, hasEnded }] of claims) {
      this.addApp(appId, afterMs);
      const app = this.#app(appId);
      for (const [taskId, event] of tasks) if (!app.tasks.has(taskId)) app.tasks.set(taskId, event);
      for (const taskId of unconfirmed) app.unconfirmed.add(taskId);
      app.hasEnded ||= hasEnded;
    }
  }

  /** How long until there is work; undefined: there is none. */
  get inMs(): number | undefined {
    const moments = [...this.#apps].map(([appId, app]) => this.#dueMs(appId, app));
    if (this.#whole !== undefined) moments.push(this.#whole.dueMs);
    return moments.length === 0 ? undefined : Math.max(0, Math.min(...moments) - this.#clock.nowMs());
  }

  /** Takes what is due now; undefined: nothing. Comparing everything takes all that events said with it. */
  take(): Work | undefined {
    const nowMs = this.#clock.nowMs();
    const whole = this.#whole !== undefined && this.#whole.dueMs <= nowMs ? this.#whole : undefined;
    const due = [...this.#apps].filter(([appId, app]) => whole !== undefined || this.#dueMs(appId, app) <= nowMs);
    if (whole === undefined && due.length === 0) return undefined;
    const wholeBecause = whole?.because ?? (due.length > MOST_APPS ? 'many events' : undefined);
    if (wholeBecause !== undefined) {
      this.#whole = undefined;
      this.#wholeTakenMs = nowMs;
    }
    for (const [appId] of due) {
      this.#apps.delete(appId);
      this.#lastTakenMs.set(appId, nowMs);
    }
    for (const [appId, takenMs] of this.#lastTakenMs) if (takenMs + APP_GAP_MS < nowMs) this.#lastTakenMs.delete(appId);
    return { wholeBecause, claims: new Map(due) };
  }

  #dueMs(appId: string, app: PendingApp): number {
    return Math.max(app.notBeforeMs, (this.#lastTakenMs.get(appId) ?? Number.NEGATIVE_INFINITY) + APP_GAP_MS);
  }

  #app(appId: string, notBeforeMs = Number.POSITIVE_INFINITY): PendingApp {
    const known = this.#apps.get(appId);
    if (known !== undefined) return known;
    const app: PendingApp = { tasks: new Map(), unconfirmed: new Set(), hasEnded: false, notBeforeMs };
    this.#apps.set(appId, app);
    return app;
  }
}
