import { Backoff } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import { isAbort } from '../runtime/task.ts';
import type { OnEventReport } from './event-report.ts';
import type { OnNotice } from './event-source.ts';
import type { MarathonClient } from './marathon-client.ts';
import { MarathonError, type MarathonErrorKind } from './marathon-error.ts';

/** What an {@link EventSubscription} is made of. */
export interface EventSubscriptionOptions {
  readonly client: Pick<MarathonClient, 'callbackUrls' | 'subscribe'>;
  readonly callbackUrl: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly onReport: OnEventReport;
  /** Looks this often whether Marathon still has the callback. Default 60 s. */
  readonly everyMs?: number | undefined;
}

/** Marathon 1.5 has no callbacks any more (404), and before that they had to be asked for when it was started (400). */
const UNSUPPORTED: ReadonlySet<MarathonErrorKind> = new Set(['NotFound', 'BadRequest']);
/** Only another Marathon has them: after a change of version, or of how it is started. */
const UNSUPPORTED_PAUSE_MS = 600_000;

/**
 * Keeps a callback subscribed at Marathon (before 1.5): looks whether it is there, and subscribes it only if not.
 * It stays subscribed in the end: who starts next with the same address goes on with it, as with Consular.
 */
export class EventSubscription {
  readonly #options: EventSubscriptionOptions;

  constructor(options: EventSubscriptionOptions) {
    this.#options = options;
  }

  /** Until `signal` aborts. A resync is needed when the callback was not there: until then nothing was heard. */
  async run(signal: AbortSignal, onNotice: OnNotice): Promise<void> {
    const { clock, random, everyMs = 60_000, onReport } = this.#options;
    const backoff = new Backoff({ minMs: 1_000, maxMs: 60_000, random });
    let isFirst = true;
    while (!signal.aborted) {
      let pauseMs = everyMs;
      try {
        const wasMissing = await this.#ensure(signal);
        if (wasMissing || isFirst) onNotice({ kind: 'resync', way: 'callback', why: 'Marathon has the callback now' });
        isFirst = false;
        backoff.reset();
      } catch (error) {
        if (isAbort(error, signal)) return;
        if (!(error instanceof MarathonError)) throw error;
        const unsupported = UNSUPPORTED.has(error.kind);
        pauseMs = unsupported ? UNSUPPORTED_PAUSE_MS : backoff.nextMs();
        onReport({
          kind: 'subscription_failed',
          error: unsupported ? explained(error) : error,
          retryInMs: pauseMs,
        });
      }
      await clock.sleep(pauseMs, signal).catch(() => undefined);
    }
  }

  /** Whether it had to be subscribed. @throws MarathonError */
  async #ensure(signal: AbortSignal): Promise<boolean> {
    const { client, callbackUrl, onReport } = this.#options;
    if ((await client.callbackUrls(signal)).includes(callbackUrl)) return false;
    await client.subscribe(callbackUrl, signal);
    onReport({ kind: 'subscribed', callbackUrl });
    return true;
  }
}

function explained(error: MarathonError): MarathonError {
  const { kind, method, url, status } = error;
  const said = error.message.slice(`${method} ${url}: `.length);
  const problem = `${said}; this Marathon sends no callbacks (1.5 removed them): use --events sse`;
  return new MarathonError({ kind, method, url, problem, status, cause: error });
}
