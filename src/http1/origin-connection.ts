import type { Socket } from 'node:net';
import { BodyReader, type BodySink } from './body-reader.ts';
import { ByteStore } from './byte-store.ts';
import { LF } from './bytes.ts';
import type { Deadlines, Expirable } from './deadlines.ts';
import { INCOMPLETE } from './field-block.ts';
import type { Framing } from './framing.ts';
import { connectFailure, OriginFailure, type OriginFailureCode } from './origin-failure.ts';
import type { OriginHandler } from './origin-handler.ts';
import type { HeadLimits } from './request-head.ts';
import { ResponseHead } from './response-head.ts';
import { type OnRead, Wire, type WireOwner } from './wire.ts';

type Phase = 'connecting' | 'idle' | 'head' | 'body' | 'tunnel' | 'closed';

/** A connection to an origin: one request after the other, each with its own handler. */
export class OriginConnection implements WireOwner, BodySink, Expirable {
  readonly wire: Wire;
  readonly response: ResponseHead;
  deadlineMs: number = Number.POSITIVE_INFINITY;
  /** It has carried a request before. */
  isReused = false;
  /** Another request may follow: the last answer was whole, with nothing after it, and the origin keeps the connection. */
  isReusable = false;
  /** Chunks are told as they came, for a client that takes them; else their content alone. Set in `responseStarted`. */
  passesChunks = true;
  /** A byte of an answer to the request at hand has come. */
  hasAnswered = false;
  /** How the body at hand ends. */
  framing: Framing = 'none';
  /** Called once, when the socket is open, before the handler hears of it. */
  onConnected: (() => void) | undefined = undefined;
  #handler: OriginHandler | undefined = undefined;
  #onClose: (() => void) | undefined;
  readonly #deadlines: Deadlines;
  readonly #body: BodyReader = new BodyReader();
  readonly #headBytes: number;
  #phase: Phase = 'connecting';
  /** Grows with each request, so that what was read for the last one is not taken for the next. */
  #turn = 0;
  #toHead = false;
  #held: ByteStore | undefined = undefined;

  /** @param onClose called once, when the socket is gone */
  constructor(make: (onread: OnRead) => Socket, limits: HeadLimits, deadlines: Deadlines, onClose: () => void) {
    this.#deadlines = deadlines;
    this.#onClose = onClose;
    this.#headBytes = limits.headBytes;
    this.response = new ResponseHead(limits);
    this.wire = new Wire(this, make);
    deadlines.add(this);
  }

  get isConnecting(): boolean {
    return this.#phase === 'connecting';
  }

  /** Open, and nobody's. */
  get isIdle(): boolean {
    return this.#phase === 'idle' && this.#handler === undefined && !this.wire.isOver;
  }

  get isClosed(): boolean {
    return this.#phase === 'closed';
  }

  /** Takes a handler that waits for the connection, until `deadlineMs`. */
  connectFor(handler: OriginHandler, deadlineMs: number): void {
    this.#handler = handler;
    this.deadlineMs = deadlineMs;
  }

  /** Begins a request; its bytes are then written to `wire`. */
  begin(handler: OriginHandler, isHead: boolean): void {
    this.#handler = handler;
    this.#turn += 1;
    this.#phase = 'head';
    this.#toHead = isHead;
    this.hasAnswered = false;
    this.isReusable = false;
    this.deadlineMs = Number.POSITIVE_INFINITY;
  }

  /** Tells the rest of the answer at hand to another handler, until `deadlineMs`. */
  discardFor(handler: OriginHandler, deadlineMs: number): void {
    this.#handler = handler;
    this.deadlineMs = deadlineMs;
  }

  /** Leaves it idle until `deadlineMs`, without a handler. */
  rest(deadlineMs: number): void {
    this.#handler = undefined;
    this.isReused = true;
    this.deadlineMs = deadlineMs;
    this.wire.resume();
  }

  /** From now on bytes are told as they come. */
  becomeTunnel(): void {
    this.#phase = 'tunnel';
  }

  /** Lets go of it, whatever state it is in; the handler hears nothing more. */
  drop(): void {
    this.#handler = undefined;
    this.wire.destroy();
  }

  connected(): void {
    if (this.#phase !== 'connecting') return;
    this.#phase = 'idle';
    this.deadlineMs = Number.POSITIVE_INFINITY;
    this.onConnected?.();
    this.onConnected = undefined;
    this.#handler?.originConnected();
  }

  received(bytes: Buffer, end: number): void {
    if (this.#phase === 'tunnel') {
      this.#handler?.originTunnelBytes(bytes, 0, end);
      return;
    }
    if (this.#phase === 'idle' || this.#phase === 'closed') {
      this.wire.destroy();
      return;
    }
    this.hasAnswered = true;
    if (this.#held === undefined) {
      this.#feed(bytes, 0, end);
      return;
    }
    const held = this.#held;
    held.append(bytes, 0, end);
    if (held.length > this.#headBytes) {
      this.fail('answer_malformed', 'the head of the answer is too large');
      return;
    }
    if (!bytes.subarray(0, end).includes(LF)) return;
    this.#held = undefined;
    this.#feed(held.bytes, 0, held.length);
  }

  ended(): void {
    if (this.#phase === 'tunnel') {
      this.#handler?.originTunnelEnded();
      return;
    }
    if (this.#phase === 'body' && this.framing === 'close') {
      this.#bodyEnded(false);
      return;
    }
    if (this.#phase === 'body')
      this.fail('answer_truncated', 'the origin closed the connection in the middle of its answer');
    else if (this.#phase === 'head') this.#failBeforeAnswer(undefined);
    else this.wire.destroy();
  }

  drained(): void {
    this.#handler?.originDrained();
  }

  expire(_nowMs: number): void {
    if (this.#phase === 'connecting') this.fail('connect_timeout', 'the connection was not established in time');
    else if (this.#phase === 'head') this.fail('answer_timeout', 'no answer came in time');
    else if (this.#phase === 'body' || this.#phase === 'tunnel')
      this.fail('answer_stalled', 'nothing moved for too long');
    else this.wire.destroy();
  }

  closed(error: Error | undefined): void {
    const phase = this.#phase;
    if (phase === 'connecting') this.#end(connectFailure(error));
    else if (phase === 'head') this.#failBeforeAnswer(error);
    else if (phase === 'body') this.fail('answer_truncated', 'the connection broke in the middle of the answer', error);
    else if (phase === 'tunnel') this.fail('answer_truncated', 'the connection broke', error);
    this.#phase = 'closed';
    this.#deadlines.delete(this);
    this.#onClose?.();
    this.#onClose = undefined;
  }

  /** Ends the connection and tells the handler why. */
  fail(code: OriginFailureCode, reason: string, cause?: Error): void {
    this.#end(new OriginFailure(code, reason, cause));
  }

  #end(failure: OriginFailure): void {
    const handler = this.#handler;
    this.#handler = undefined;
    this.#phase = 'closed';
    this.wire.destroy();
    handler?.originFailed(failure);
  }

  plainBytes(bytes: Buffer, start: number, end: number): void {
    this.#handler?.responseBytes(bytes, start, end);
  }

  chunkedBytes(bytes: Buffer, start: number, end: number): void {
    if (this.passesChunks) this.#handler?.responseBytes(bytes, start, end);
  }

  contentBytes(bytes: Buffer, start: number, end: number): void {
    if (!this.passesChunks) this.#handler?.responseBytes(bytes, start, end);
  }

  chunkedText(text: string): void {
    if (this.passesChunks) this.#handler?.responseText(text);
  }

  #feed(bytes: Buffer, start: number, end: number): void {
    const handler = this.#handler;
    const turn = this.#turn;
    let at = start;
    while (
      at < end &&
      this.#handler !== undefined &&
      this.#turn === turn &&
      (this.#phase === 'head' || this.#phase === 'body')
    ) {
      at = this.#phase === 'head' ? this.#readHead(bytes, at, end) : this.#readBody(bytes, at, end);
    }
    if (this.#phase === 'tunnel' && at < end) this.#handler?.originTunnelBytes(bytes, at, end);
    handler?.responseFlushed();
  }

  #readHead(bytes: Buffer, at: number, end: number): number {
    const after = this.response.parse(bytes, at, end);
    if (after === INCOMPLETE && end - at <= this.#headBytes) {
      this.#held = new ByteStore();
      this.#held.append(bytes, at, end);
      return end;
    }
    if (after < 0 || after - at > this.#headBytes) {
      this.fail('answer_malformed', after < -1 ? this.response.fault.reason : 'the head of the answer is too large');
      return end;
    }
    this.framing = this.response.bodyFraming(this.#toHead);
    this.#body.start(this.framing, this.response.contentLength);
    if (this.response.status >= 200) this.#phase = 'body';
    this.#handler?.responseStarted();
    if (this.#phase === 'body' && this.framing === 'none') this.#bodyEnded(after === end);
    return after;
  }

  #readBody(bytes: Buffer, at: number, end: number): number {
    const after = this.#body.read(bytes, at, end, this);
    if (after === INCOMPLETE) return end;
    if (after < 0) {
      this.fail('answer_malformed', this.#body.fault?.reason ?? '');
      return end;
    }
    // Whoever was told the last bytes may have let go of the connection.
    if (this.#phase === 'body') this.#bodyEnded(after === end);
    return after;
  }

  #bodyEnded(isExact: boolean): void {
    this.wire.bodyEnded();
    this.isReusable = isExact && this.response.keepAlive && this.framing !== 'close';
    this.#phase = 'idle';
    this.#handler?.responseEnded();
  }

  #failBeforeAnswer(error: Error | undefined): void {
    if (error instanceof OriginFailure) this.#end(error);
    else if (this.hasAnswered)
      this.fail('answer_cut_short', 'the connection ended within the head of the answer', error);
    else this.fail('closed_before_answer', 'the connection was closed before an answer', error);
  }
}
