import { Backoff } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import { isAbort } from '../runtime/task.ts';
import type { OnEventReport } from './event-report.ts';
import type { MarathonEventSource, OnNotice } from './event-source.ts';
import type { MarathonClient } from './marathon-client.ts';
import { MarathonError } from './marathon-error.ts';
import type { MarathonStream } from './marathon-wire.ts';
import { readEvent } from './read-event.ts';
import { SseParser } from './sse-parser.ts';

/** What an {@link EventStream} is made of. */
export interface EventStreamOptions {
  readonly client: Pick<MarathonClient, 'openEvents' | 'leave'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly onReport: OnEventReport;
  /** A stream without a byte for this long is dead. Marathon sends an empty line every 10 s. Default 60 s. */
  readonly idleTimeoutMs?: number | undefined;
  /** An event over this many characters is not read. Default 16 Mi: up to 1.6, deployments carry all apps. */
  readonly maxEventChars?: number | undefined;
}

/**
 * Marathon begins the answer just before it listens to its own events, and says so by a first one. What comes in
 * between is missed, so everything is compared only then; or after this long, if none comes.
 */
const SETTLE_MS = 2_000;
/** A stream that lasted this long was a good one: the next is opened soon. */
const GOOD_STREAM_MS = 10_000;

/**
 * Marathon's events by server-sent events, `/v2/events` (Marathon ≥ 0.9). Opens another stream when one ends (the
 * leader changed, or took us for slow), breaks or goes silent, at another address if there is one; after each open
 * everything is to be compared.
 */
export class EventStream implements MarathonEventSource {
  readonly #options: EventStreamOptions;

  constructor(options: EventStreamOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal, onNotice: OnNotice): Promise<void> {
    const { clock, random, onReport } = this.#options;
    const backoff = new Backoff({ minMs: 250, maxMs: 10_000, random });
    while (!signal.aborted) {
      const startedMs = clock.nowMs();
      let error: MarathonError | undefined;
      try {
        await this.#follow(signal, onNotice);
      } catch (failure) {
        if (isAbort(failure, signal)) return;
        if (!(failure instanceof MarathonError)) throw failure;
        error = failure;
      }
      if (signal.aborted) return;
      if (clock.nowMs() - startedMs >= GOOD_STREAM_MS) backoff.reset();
      const retryInMs = backoff.nextMs();
      onReport({ kind: 'stream_lost', error, retryInMs });
      await clock.sleep(retryInMs, signal).catch(() => undefined);
    }
  }

  /** One stream, until it ends. @throws MarathonError when it breaks, or the signal's reason */
  async #follow(signal: AbortSignal, onNotice: OnNotice): Promise<void> {
    const { client, onReport } = this.#options;
    using silence = new SilenceWatch(this.#options, signal);
    const stream = await client.openEvents(silence.signal);
    try {
      onReport({ kind: 'stream_opened', origin: stream.address.origin });
      silence.begin(stream);
      await this.#read(stream, silence, onNotice);
    } catch (error) {
      throw silence.died ?? error;
    } finally {
      if (!signal.aborted) client.leave(stream);
    }
  }

  async #read(stream: MarathonStream, silence: SilenceWatch, onNotice: OnNotice): Promise<void> {
    const { clock, maxEventChars = 16 * 1024 * 1024, onReport } = this.#options;
    const parser = new SseParser(maxEventChars);
    let settled = false;
    const settle = () => {
      if (settled) return;
      settled = true;
      onNotice({ kind: 'resync', way: 'sse', why: `the event stream of ${stream.address.origin} was opened` });
    };
    const latest = clock.after(SETTLE_MS, settle);
    try {
      for await (const bytes of stream.body) {
        silence.heard();
        for (const { event: type, data } of parser.push(bytes)) {
          settle();
          const read = data === undefined ? { problem: `over ${maxEventChars} characters` } : readEvent(data, type);
          if ('event' in read) onNotice({ kind: 'event', way: 'sse', event: read.event });
          else this.#refuse(`${type}: ${read.problem}`, onReport, onNotice);
        }
      }
    } finally {
      latest.cancel();
    }
  }

  #refuse(problem: string, onReport: OnEventReport, onNotice: OnNotice): void {
    onReport({ kind: 'event_refused', way: 'sse', problem });
    onNotice({ kind: 'resync', way: 'sse', why: 'an event could not be read' });
  }
}

/** Ends a stream that has gone silent. */
class SilenceWatch implements Disposable {
  readonly #clock: Clock;
  readonly #idleTimeoutMs: number;
  readonly #abort = new AbortController();
  readonly #outer: AbortSignal;
  readonly #onAbort: () => void;
  #url = '';
  #heardAtMs = 0;
  #timer: { cancel(): void } | undefined;
  /** What the stream died of, once it has. */
  died: MarathonError | undefined;

  constructor({ clock, idleTimeoutMs = 60_000 }: EventStreamOptions, signal: AbortSignal) {
    this.#clock = clock;
    this.#idleTimeoutMs = idleTimeoutMs;
    this.#outer = signal;
    this.#onAbort = () => this.#abort.abort(signal.reason);
    if (signal.aborted) this.#onAbort();
    else signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Aborts with the outer one, and when the stream is silent for too long. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** From now on the stream must be heard. */
  begin({ address }: MarathonStream): void {
    this.#url = `${address.origin}${address.prefix}/v2/events`;
    this.heard();
    this.#arm(this.#idleTimeoutMs);
  }

  heard(): void {
    this.#heardAtMs = this.#clock.nowMs();
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel();
    this.#outer.removeEventListener('abort', this.#onAbort);
  }

  /** One timer for many bytes: when it fires, it is set again for what is left since the last of them. */
  #arm(afterMs: number): void {
    this.#timer = this.#clock.after(afterMs, () => {
      const leftMs = this.#heardAtMs + this.#idleTimeoutMs - this.#clock.nowMs();
      if (leftMs > 0) this.#arm(leftMs);
      else this.#die();
    });
  }

  #die(): void {
    const problem = `no byte within ${this.#idleTimeoutMs} ms, not even an empty line`;
    this.died = new MarathonError({ kind: 'TimedOut', method: 'GET', url: this.#url, problem });
    this.#abort.abort(this.died);
  }
}
