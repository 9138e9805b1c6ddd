import type { BridgeEventsJson } from '../../admin/bridge-parts.ts';
import { CallbackEvents, callbackUrl } from '../../marathon/callback-events.ts';
import { CallbackListener } from '../../marathon/callback-listener.ts';
import type { EventReport } from '../../marathon/event-report.ts';
import type { MarathonEventSource, OnNotice } from '../../marathon/event-source.ts';
import { EventStream } from '../../marathon/event-stream.ts';
import { EventSubscription } from '../../marathon/event-subscription.ts';
import type { MarathonClient } from '../../marathon/marathon-client.ts';
import { MergedEvents } from '../../marathon/merged-events.ts';
import type { Clock } from '../../runtime/clock.ts';
import { systemRandom } from '../../runtime/random.ts';
import type { BridgeHub } from './bridge-hub.ts';
import type { MarathonSettings } from './marathon-settings.ts';

/** What {@link BridgeEvents} are made of. */
export interface BridgeEventsOptions {
  readonly settings: MarathonSettings;
  readonly marathon: MarathonClient;
  readonly hub: BridgeHub;
  readonly clock: Clock;
}

/** Said beside an event stream that does their work. */
const NO_CALLBACKS = 'this Marathon has none (1.5 removed them, and before they had to be asked for)';

type State = Pick<BridgeEventsJson, 'stream' | 'callback'>;

/** Marathon's events, in the ways that are wanted, and how those ways are. */
export class BridgeEvents implements AsyncDisposable {
  readonly #options: BridgeEventsOptions;
  readonly #listener: CallbackListener | undefined;
  readonly #source: MarathonEventSource;
  #state: State;

  private constructor(options: BridgeEventsOptions, listener: CallbackListener | undefined) {
    const { settings, marathon, clock } = options;
    this.#options = options;
    this.#listener = listener;
    const onReport = (report: EventReport) => this.#note(report);
    const parts = { client: marathon, clock, random: systemRandom, onReport };
    const sources: MarathonEventSource[] = [];
    this.#state = { stream: undefined, callback: undefined };
    if (settings.events !== 'callback') {
      sources.push(new EventStream(parts));
      this.#state = { ...this.#state, stream: { isConnected: false, sinceWallMs: clock.wallMs() } };
    }
    if (listener !== undefined) {
      const { scheme, host, port = listener.port } = settings.advertised;
      const url = callbackUrl({ scheme, host, port }, settings.bridge.registrationId);
      sources.push(new CallbackEvents(listener, new EventSubscription({ ...parts, callbackUrl: url })));
      this.#state = { ...this.#state, callback: { url, isSubscribed: false } };
    }
    this.#source = new MergedEvents(sources, clock);
  }

  /** Listens for callbacks, if they are wanted. @throws CodedError `callback_listen_failed` */
  static async open(options: BridgeEventsOptions): Promise<BridgeEvents> {
    const { settings, hub } = options;
    if (settings.events === 'sse') return new BridgeEvents(options, undefined);
    const { registrationId } = settings.bridge;
    // It cannot be asked before the constructor has run; what it reports has a place by then.
    const onReport = (report: EventReport): void => hub.eventReport(report);
    const { host, port } = settings.listen;
    // As Consular: which of its addresses a name picks is up to the system, and callers expect this one.
    const bind = { host: host === 'localhost' ? '127.0.0.1' : host, port };
    const listener = await CallbackListener.listen({ bind, registrationId, onReport });
    return new BridgeEvents(options, listener);
  }

  /** What Marathon is told to call; undefined: no callbacks are wanted. */
  get callbackUrl(): string | undefined {
    return this.#state.callback?.url;
  }

  /** How the ways are now. */
  get state(): State {
    return this.#state;
  }

  /** Hands on what Marathon says until `signal` aborts. */
  async run(signal: AbortSignal, onNotice: OnNotice): Promise<void> {
    await this.#source.run(signal, (notice) => {
      this.#options.hub.notice(notice);
      // A callback that was there before us is as good as one of ours.
      if (notice.way === 'callback') this.#subscribed();
      onNotice(notice);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listener?.close();
  }

  #note(report: EventReport): void {
    const { hub, clock } = this.#options;
    hub.eventReport(report);
    const { stream, callback } = this.#state;
    if (report.kind === 'stream_opened')
      this.#state = { ...this.#state, stream: { isConnected: true, sinceWallMs: clock.wallMs() } };
    if (report.kind === 'stream_lost') {
      const sinceWallMs = stream?.isConnected === false ? stream.sinceWallMs : clock.wallMs();
      const error = report.error?.message ?? 'Marathon ended it';
      this.#state = { ...this.#state, stream: { isConnected: false, sinceWallMs, error } };
    }
    if (report.kind === 'subscribed') this.#subscribed();
    if (report.kind === 'subscription_failed' && callback !== undefined) {
      const { url } = callback;
      const { message, retryable } = report.error;
      const error = retryable || stream === undefined ? message : NO_CALLBACKS;
      this.#state = { ...this.#state, callback: { url, isSubscribed: false, error } };
    }
  }

  #subscribed(): void {
    const { callback } = this.#state;
    if (callback !== undefined) this.#state = { ...this.#state, callback: { url: callback.url, isSubscribed: true } };
  }
}
