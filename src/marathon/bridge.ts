import { Backoff } from '../runtime/backoff.ts';
import { AgentDirectory } from './agent-directory.ts';
import type { BridgePlan } from './bridge-action.ts';
import type { AppReport, SyncScope } from './bridge-observer.ts';
import type { BridgeOptions } from './bridge-options.ts';
import { BridgeRecord } from './bridge-record.ts';
import type { BridgeStatus } from './bridge-status.ts';
import { type Compared, Comparison } from './comparison.ts';
import { ConsulReader } from './consul-reader.ts';
import type { OnNotice } from './event-source.ts';
import { Executor } from './executor.ts';
import { asError, isWorthRetrying } from './failure.ts';
import { KnownState } from './known-state.ts';
import { MarathonReader } from './marathon-reader.ts';
import { takeNotice } from './notice-intake.ts';
import { PendingWork, type Work } from './pending-work.ts';
import { Told } from './told.ts';
import { WakeUp } from './wake-up.ts';

/** What fails is tried again after at least and at most so long. */
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 60_000;
/** What an event and Marathon's list do not agree on is looked at again after this long. */
const CONFIRM_MS = 5_000;
/** The longest pause; only so that there is one. */
const IDLE_MS = 3_600_000;

/**
 * Keeps Consul as Marathon says. One loop compares and writes, so nothing is ever written twice at once: everything at
 * the start, every so often and when events may have been missed; single apps when an event is about them.
 */
export class Bridge {
  /** Takes what Marathon's event sources tell. Nothing follows while {@link run} does not run. */
  readonly onNotice: OnNotice;
  readonly #options: BridgeOptions;
  readonly #pending: PendingWork;
  readonly #wakeUp: WakeUp;
  readonly #record: BridgeRecord;
  readonly #told: Told;
  readonly #appBackoffs = new Map<string, Backoff>();
  readonly #wholeBackoff: Backoff;
  #nextWholeMs = Number.POSITIVE_INFINITY;
  #isRunning = false;

  constructor(options: BridgeOptions) {
    this.#options = options;
    this.#pending = new PendingWork(options.clock);
    this.#wakeUp = new WakeUp(options.clock);
    this.#record = new BridgeRecord();
    this.#told = new Told(options.onEvent);
    this.#wholeBackoff = this.#backoff();
    this.onNotice = (notice) => {
      if (!this.#isRunning) return;
      takeNotice(notice, this.#pending, options.onEvent);
      this.#wakeUp.ring();
    };
  }

  /** Compares everything as soon as possible, because of something that the bridge cannot see. */
  resync(because: string): void {
    if (!this.#isRunning) return;
    this.#pending.addWhole(because);
    this.#wakeUp.ring();
  }

  /** The bridge as it is now. */
  status(): BridgeStatus {
    return this.#record.status({ isRunning: this.#isRunning, pending: this.#pending.size });
  }

  /**
   * The difference between Marathon and Consul now; nothing is written.
   * @throws MarathonError, ConsulError when one side cannot be read at all
   */
  async plan(signal: AbortSignal): Promise<BridgePlan> {
    await using parts = bridgeParts(this.#options);
    const compared = await parts.comparison.whole(new Map(), signal);
    this.#told.tell(compared, true);
    return compared.plan;
  }

  /**
   * Syncs until `signal` aborts. It is the right to write, too: when it aborts, what is under way is given up and
   * nothing more is sent. May be called again after it has ended.
   * @throws the signal's reason
   */
  async run(signal: AbortSignal): Promise<void> {
    await using parts = bridgeParts(this.#options);
    this.#isRunning = true;
    this.#pending.addWhole('start');
    try {
      for (;;) {
        signal.throwIfAborted();
        const nowMs = this.#options.clock.nowMs();
        if (nowMs >= this.#nextWholeMs) {
          this.#pending.addWhole('interval');
          this.#nextWholeMs = Number.POSITIVE_INFINITY;
        }
        const work = this.#pending.take();
        if (work !== undefined) await this.#round(work, parts, signal);
        else await this.#wakeUp.pause(Math.min(this.#pending.inMs ?? IDLE_MS, this.#nextWholeMs - nowMs), signal);
      }
    } finally {
      this.#isRunning = false;
    }
  }

  async #round(work: Work, parts: BridgeParts, signal: AbortSignal): Promise<void> {
    const { clock, onEvent, settings } = this.#options;
    const startedMs = clock.nowMs();
    const { wholeBecause, claims } = work;
    const scope: SyncScope = wholeBecause === undefined ? [...claims.keys()] : 'all';
    const because = wholeBecause ?? 'event';
    if (scope === 'all') this.#nextWholeMs = startedMs + (settings.syncIntervalMs ?? Number.POSITIVE_INFINITY);
    onEvent({ kind: 'sync_started', scope, because });
    try {
      const compared = await (scope === 'all'
        ? parts.comparison.whole(claims, signal)
        : parts.comparison.some(claims, signal));
      this.#tell(compared, work, scope);
      const reports = await parts.executor.run(compared.plan, signal);
      const durationMs = clock.nowMs() - startedMs;
      this.#record.ended({ scope, compared, reports, parts, endedAtWallMs: clock.wallMs(), durationMs });
      this.#planNext({ work, compared, reports, parts });
      onEvent({ kind: 'sync_ended', scope, because, durationMs, apps: reports, own: parts.known.own });
    } catch (error) {
      signal.throwIfAborted();
      this.#record.failed(scope, asError(error));
      const retryInMs = this.#wholeBackoff.nextMs();
      this.#pending.putBack(work, retryInMs);
      onEvent({ kind: 'sync_failed', scope, error: asError(error), retryInMs });
    }
  }

  #tell(compared: Compared, { claims }: Work, scope: SyncScope): void {
    const { onEvent } = this.#options;
    this.#told.tell(compared, scope === 'all');
    const { refusal } = compared.plan;
    if (refusal !== undefined) onEvent({ kind: 'purge_refused', scope, refusal });
    for (const [appId, { tasks }] of claims) {
      const isAbsent = compared.desired.apps.get(appId)?.state === 'absent';
      const isClaimed = [...tasks.values()].some(({ phase }) => phase === 'running');
      if (isAbsent && isClaimed) onEvent({ kind: 'app_not_found', appId });
    }
  }

  /** What failed is tried again, and what rests on an event alone is looked for. */
  #planNext({ work, compared, reports, parts }: RoundEnd): void {
    const { onEvent, settings } = this.#options;
    const failed = reports.filter(({ failures }) => failures.length > 0);
    for (const { appId, failures } of failed) onEvent({ kind: 'app_failed', appId, failures });
    const again = new Set(
      failed.filter(({ failures }) => failures.some(({ error }) => isWorthRetrying(error))).map(({ appId }) => appId),
    );
    for (const appId of compared.desired.apps.keys()) if (!again.has(appId)) this.#appBackoffs.delete(appId);
    for (const appId of again) {
      const backoff = this.#appBackoffs.get(appId) ?? this.#backoff();
      this.#appBackoffs.set(appId, backoff);
      const claims = work.claims.get(appId) ?? { tasks: new Map(), unconfirmed: new Set(), hasEnded: false };
      this.#pending.putBack({ wholeBecause: undefined, claims: new Map([[appId, claims]]) }, backoff.nextMs());
    }
    for (const [appId, taskIds] of compared.unconfirmed) this.#pending.addUnconfirmed(appId, taskIds, CONFIRM_MS);
    for (const appId of compared.doubted) this.#pending.addApp(appId, CONFIRM_MS);
    if (work.wholeBecause === undefined) return;
    for (const [appId, { unconfirmed }] of work.claims) {
      if (unconfirmed.size > 0) this.#pending.addUnconfirmed(appId, unconfirmed, 0);
    }
    this.#wholeBackoff.reset();
    const isPartial = parts.directory.unreadables.length > 0 || compared.actual.labelsByName === undefined;
    if (!isPartial || settings.syncIntervalMs !== undefined) return;
    this.#pending.addWhole('retry', RETRY_MAX_MS);
  }

  #backoff(): Backoff {
    return new Backoff({ minMs: RETRY_MIN_MS, maxMs: RETRY_MAX_MS, random: this.#options.random });
  }
}

interface RoundEnd {
  readonly work: Work;
  readonly compared: Compared;
  readonly reports: readonly AppReport[];
  readonly parts: BridgeParts;
}

interface BridgeParts extends AsyncDisposable {
  readonly directory: AgentDirectory;
  readonly known: KnownState;
  readonly comparison: Comparison;
  readonly executor: Executor;
}

function bridgeParts({ settings, marathon, consul, openAgent, clock, onEvent }: BridgeOptions): BridgeParts {
  const directory = new AgentDirectory({ consul, openAgent, settings });
  const known = new KnownState(clock);
  const { registrationId } = settings;
  const reader = new ConsulReader({ consul, directory, registrationId, onEvent });
  return {
    directory,
    known,
    comparison: new Comparison({
      settings,
      marathon: new MarathonReader(marathon, onEvent),
      consul: reader,
      directory,
      known,
    }),
    executor: new Executor({ consul, directory, known, settings, onEvent }),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}
