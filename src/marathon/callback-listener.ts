import { once } from 'node:events';
import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { CodedError } from '../runtime/coded-error.ts';
import type { OnEventReport } from './event-report.ts';
import type { MarathonEventSource, OnNotice } from './event-source.ts';
import { HeldBack } from './held-back.ts';
import { readEvent } from './read-event.ts';

/** What a {@link CallbackListener} is made of. */
export interface CallbackListenerOptions {
  /** Where to listen; port 0 takes a free one. */
  readonly bind: { readonly host: string; readonly port: number };
  /** Ours; an event for another (`?registration=…`) is refused. */
  readonly registrationId: string;
  readonly clock?: Clock | undefined;
  readonly onReport: OnEventReport;
  /** A larger event is refused. Default 16 MiB: up to 1.6, deployments carry all apps. */
  readonly maxBodyBytes?: number | undefined;
}

type Refusal = 400 | 403 | 413 | 503;

/**
 * Consular's HTTP: `GET /` answers `[]`, and `POST /events` takes Marathon's events. What the bridge acts on is answered
 * `{"status":"ok"}` at once; another type 400 `{"error":"Event type X not supported."}`.
 *
 * After an answer that is no success, Marathon drops events for a while ({@link HeldBack}); then a resync follows.
 */
export class CallbackListener implements MarathonEventSource, AsyncDisposable {
  readonly #options: CallbackListenerOptions;
  readonly #server: Server;
  #onNotice: OnNotice | undefined;
  readonly #heldBack: HeldBack;

  private constructor(options: CallbackListenerOptions) {
    this.#options = options;
    this.#heldBack = new HeldBack(options.clock ?? systemClock, () => {
      const why = 'Marathon may have held back events after a refusal';
      this.#onNotice?.({ kind: 'resync', way: 'callback', why });
    });
    this.#server = createAdaptorServer({ fetch: this.#app().fetch, overrideGlobalObjects: false }) as Server;
    this.#server.headersTimeout = 10_000;
    this.#server.requestTimeout = 60_000;
    this.#server.maxHeadersCount = 200;
  }

  /** @throws CodedError `callback_listen_failed` naming the address and the system's reason */
  static async listen(options: CallbackListenerOptions): Promise<CallbackListener> {
    const { host, port } = options.bind;
    const listener = new CallbackListener(options);
    try {
      listener.#server.listen({ host, port });
      await once(listener.#server, 'listening');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new CodedError(`cannot listen on ${host}:${port}: ${reason}; choose another with --host and --port`, {
        code: 'callback_listen_failed',
        side: 'internal',
        retryable: false,
        cause: error,
      });
    }
    return listener;
  }

  /** The port it listens on. */
  get port(): number {
    const bound = this.#server.address();
    return typeof bound === 'object' && bound !== null ? bound.port : this.#options.bind.port;
  }

  /** Takes events until `signal` aborts; before and after, Marathon is told to come again. */
  async run(signal: AbortSignal, onNotice: OnNotice): Promise<void> {
    this.#onNotice = onNotice;
    if (!signal.aborted) await once(signal, 'abort');
    this.#onNotice = undefined;
    this.#heldBack.stop();
  }

  /** Stops listening at once. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #app(): Hono {
    const { maxBodyBytes = 16 * 1024 * 1024 } = this.#options;
    const app = new Hono();
    app.get('/', (context) => context.json([]));
    app.post('/events', async (context, next) => this.#guard(context) ?? (await next()));
    app.post(
      '/events',
      bodyLimit({
        maxSize: maxBodyBytes,
        onError: (context) => {
          context.header('Connection', 'close');
          return this.#refuse(context, 413, `an event of over ${maxBodyBytes} bytes`);
        },
      }),
      async (context) => this.#take(context, await context.req.text()),
    );
    app.all('/events', (context) => {
      context.header('Allow', 'POST');
      return context.json({ error: `${context.req.method} is not allowed here: POST an event` }, 405);
    });
    app.notFound((context) => context.json({ error: 'there is nothing here: GET / or POST /events' }, 404));
    app.onError((error, context) => context.json({ error: error.message }, 400));
    return app;
  }

  /** Answers what is not for us, before its body is read. */
  #guard(context: Context): Response | undefined {
    const { registrationId } = this.#options;
    const asked = context.req.query('registration');
    if (context.req.header('origin') !== undefined) {
      return this.#refuse(context, 403, 'a web page sends no events of Marathon’s');
    }
    if (asked !== undefined && asked !== registrationId) {
      return this.#refuse(context, 403, `Registration ${asked} is not ours, which is ${registrationId}.`);
    }
    if (this.#onNotice === undefined) return this.#refuse(context, 503, 'not ready for events');
    return undefined;
  }

  #take(context: Context, text: string): Response {
    const read = readEvent(text);
    if ('problem' in read) return this.#refuse(context, 400, read.problem);
    const { event } = read;
    if (event.kind === 'other') return this.#refuse(context, 400, `Event type ${event.eventType} not supported.`);
    this.#heldBack.accepted();
    this.#onNotice?.({ kind: 'event', way: 'callback', event });
    return context.json({ status: 'ok' });
  }

  #refuse(context: Context, status: Refusal, problem: string): Response {
    this.#heldBack.refused();
    this.#options.onReport({ kind: 'event_refused', way: 'callback', problem });
    return context.json({ error: problem }, status);
  }
}
