import type { Socket } from 'node:net';
import { BodyReader, type BodySink } from './body-reader.ts';
import { ByteStore } from './byte-store.ts';
import { CR, LF } from './bytes.ts';
import type { ClientHandler, ClientLimits } from './client-handler.ts';
import type { Deadlines, Expirable } from './deadlines.ts';
import { INCOMPLETE, REFUSED } from './field-block.ts';
import { prefaceIn } from './http2-preface.ts';
import { RequestHead } from './request-head.ts';
import { type OnRead, Wire, type WireOwner } from './wire.ts';
import { WireFault } from './wire-fault.ts';

const TRUNCATED = new WireFault('message_truncated', 'the connection ended in the middle of a request');
const TOO_LARGE = new WireFault('head_too_large', 'the head is too large');
const SLOW = new WireFault('head_timeout', 'the head did not arrive in time');

type Phase = 'head' | 'body' | 'answering' | 'tunnel' | 'closing' | 'handed-over';

/** A connection from a client: reads one request after the other, and writes what the handler answers. */
export class ClientConnection implements WireOwner, BodySink, Expirable {
  readonly wire: Wire;
  readonly request: RequestHead;
  /** Set before the first byte is read. */
  handler!: ClientHandler;
  /** Takes the socket over, its first bytes given back to it, when they are the preface of HTTP/2. Undefined: nobody does. */
  onPreface: ((socket: Socket) => void) | undefined = undefined;
  deadlineMs: number = Number.POSITIVE_INFINITY;
  /** The client has ended its side. */
  hasEnded = false;
  isClosed = false;
  readonly #limits: ClientLimits;
  readonly #deadlines: Deadlines;
  readonly #body: BodyReader = new BodyReader();
  #phase: Phase = 'head';
  /** While closing: what was unsent when last looked at, and when that had changed. */
  #unsentBefore = -1;
  #movedAtMs = 0;
  /** The beginning of a head, or requests that wait for their turn. */
  #held: ByteStore | undefined = undefined;
  #isFeeding = false;
  readonly #onClose: () => void;

  constructor(make: (onread: OnRead) => Socket, limits: ClientLimits, deadlines: Deadlines, onClose: () => void) {
    this.#onClose = onClose;
    this.#limits = limits;
    this.#deadlines = deadlines;
    this.request = new RequestHead(limits);
    this.wire = new Wire(this, make);
    deadlines.add(this, limits.headMs);
  }

  /** No request has begun, and none is being answered. */
  get isIdle(): boolean {
    return this.#phase === 'head' && this.#held === undefined;
  }

  /** The request has not come whole. */
  get isReceiving(): boolean {
    return this.#phase === 'body';
  }

  /**
   * The answer is whole. Goes on with the next request, or ends the connection when `keep` is false, when the request has
   * not come whole or when nothing more can come.
   */
  responseEnded(keep: boolean): void {
    if (this.isClosed) return;
    if (!keep || this.#phase !== 'answering' || !this.mayFollow) {
      this.close();
      return;
    }
    this.wire.flush();
    this.#phase = 'head';
    this.deadlineMs = this.#deadlines.coarseNowMs + this.#limits.keepAliveMs;
    if (this.#isFeeding) return;
    const held = this.#held;
    if (held !== undefined) {
      this.#held = undefined;
      this.#feed(held.bytes, 0, held.length);
      if (this.hasEnded && this.#phase === 'head') this.close();
    }
    this.wire.resume();
  }

  /** Another request can follow, or has come already. */
  get mayFollow(): boolean {
    return !this.hasEnded || this.#held !== undefined;
  }

  /** Sends what is left and ends our side; what still comes is thrown away for a moment, so that the answer arrives. */
  close(): void {
    if (this.isClosed) return;
    const saidLast = this.#phase === 'answering' && !this.request.keepAlive;
    const hasAllBeenRead = this.#held === undefined && !this.#isFeeding;
    this.#phase = 'closing';
    this.#held = undefined;
    // A caller whose request was its last sends nothing more (RFC 9112 §9.6) that could make the kernel drop the answer.
    if (saidLast && hasAllBeenRead && this.wire.endAtOnce()) return;
    this.wire.end();
    this.deadlineMs = this.#deadlines.coarseNowMs + this.#limits.lingerMs;
    if (this.hasEnded) this.#destroyOnceSent();
    else this.wire.resume();
  }

  /** Breaks the connection off: the client sees that the answer is not whole. */
  abort(): void {
    this.wire.flush();
    this.#phase = 'closing';
    this.wire.destroy();
  }

  /** From now on bytes are told as they come; those that came early are told first. */
  becomeTunnel(): void {
    this.#phase = 'tunnel';
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) this.handler.tunnelBytes(held.bytes, 0, held.length);
    this.wire.resume();
  }

  received(bytes: Buffer, end: number): void {
    if (this.#phase === 'closing' || this.#phase === 'handed-over') return;
    if (this.#phase === 'tunnel') {
      this.handler.tunnelBytes(bytes, 0, end);
      return;
    }
    if (this.#phase === 'answering') {
      this.#hold(bytes, 0, end);
      return;
    }
    if (this.#held === undefined) {
      this.#feed(bytes, 0, end);
      return;
    }
    const held = this.#held;
    held.append(bytes, 0, end);
    // Only a line end can complete a head, so only then is it scanned again.
    if (!bytes.subarray(0, end).includes(LF)) {
      this.#checkHeld(held.length);
      return;
    }
    this.#held = undefined;
    this.#feed(held.bytes, 0, held.length);
  }

  ended(): void {
    this.hasEnded = true;
    if (this.#phase === 'body') {
      this.#refuse(TRUNCATED);
      return;
    }
    if (this.#phase === 'answering' || this.#phase === 'tunnel') {
      this.handler.halfClosed();
      return;
    }
    // Nobody goes on with HTTP/2 after its end: what still runs is for no one.
    if (this.#phase === 'handed-over') this.wire.destroy();
    else if (this.#phase === 'head') this.close();
    else this.#destroyOnceSent();
  }

  expire(nowMs: number): void {
    if (this.#phase === 'closing') this.#lingerOrDestroy(nowMs);
    else if (this.#phase !== 'head') this.handler.clientExpired(nowMs);
    else if (this.#held === undefined) this.close();
    else this.#refuse(SLOW);
  }

  /** The end of an answer may still be on its way to a slow client: it has as long as an idle one between two pieces. */
  #lingerOrDestroy(nowMs: number): void {
    const { unsentBytes } = this.wire;
    if (unsentBytes !== this.#unsentBefore) this.#movedAtMs = nowMs;
    this.#unsentBefore = unsentBytes;
    if (unsentBytes === 0 || nowMs - this.#movedAtMs > this.#limits.keepAliveMs) this.wire.destroy();
    else this.deadlineMs = nowMs + this.#limits.lingerMs;
  }

  connected(): void {}

  drained(): void {
    if (!this.isClosed) this.handler.clientDrained();
  }

  closed(): void {
    this.isClosed = true;
    this.#deadlines.delete(this);
    this.handler.clientClosed();
    this.#onClose();
  }

  plainBytes(bytes: Buffer, start: number, end: number): void {
    this.handler.requestBytes(bytes, start, end);
  }

  chunkedBytes(bytes: Buffer, start: number, end: number): void {
    this.handler.requestBytes(bytes, start, end);
  }

  contentBytes(): void {}

  chunkedText(text: string): void {
    this.handler.requestText(text);
  }

  #feed(bytes: Buffer, start: number, end: number): void {
    this.#isFeeding = true;
    let at = start;
    while (at < end && (this.#phase === 'head' || this.#phase === 'body')) {
      at = this.#phase === 'head' ? this.#readHead(bytes, at, end) : this.#readBody(bytes, at, end);
    }
    this.#isFeeding = false;
    if (this.#phase === 'closing' || this.#phase === 'handed-over' || this.isClosed) return;
    if (at < end) this.#hold(bytes, at, end);
    if (this.#phase !== 'head') this.handler.requestFlushed();
  }

  #readHead(bytes: Buffer, from: number, end: number): number {
    let start = from;
    // An empty line before a request line is passed over (RFC 9112 §2.2).
    if (bytes[start] === CR && start + 1 < end && bytes[start + 1] === LF) start += 2;
    if (start === end) return end;
    let after = this.request.parse(bytes, start, end);
    if (after === REFUSED) {
      const preface = this.#prefaceIn(bytes, start, end);
      if (preface === 'whole') return this.#handOver(bytes, start, end);
      if (preface === 'beginning') after = INCOMPLETE;
    }
    if (after === INCOMPLETE) {
      this.#held = new ByteStore();
      this.#held.append(bytes, start, end);
      this.deadlineMs = Math.min(this.deadlineMs, this.#deadlines.coarseNowMs + this.#limits.headMs);
      this.#checkHeld(end - start);
      return end;
    }
    if (after < 0) this.#refuse(this.request.fault);
    else if (after - start > this.#limits.headBytes) this.#refuse(TOO_LARGE);
    else this.#begin();
    return after < 0 ? end : after;
  }

  /** Asked only of what is no request, so requests pay nothing for it. */
  #prefaceIn(bytes: Buffer, start: number, end: number): ReturnType<typeof prefaceIn> {
    if (this.onPreface === undefined || this.wire.bytesRead !== end - start) return undefined;
    return prefaceIn(bytes, start, end);
  }

  #handOver(bytes: Buffer, start: number, end: number): number {
    this.#phase = 'handed-over';
    this.deadlineMs = Number.POSITIVE_INFINITY;
    this.onPreface?.(this.wire.release(bytes.subarray(start, end)));
    return end;
  }

  #begin(): void {
    const { framing, contentLength } = this.request;
    this.deadlineMs = Number.POSITIVE_INFINITY;
    this.#body.start(framing, contentLength);
    this.#phase = framing === 'none' ? 'answering' : 'body';
    this.handler.requestStarted();
    if (framing === 'none' && this.#phase === 'answering') this.handler.requestEnded();
  }

  #readBody(bytes: Buffer, at: number, end: number): number {
    const after = this.#body.read(bytes, at, end, this);
    if (after === INCOMPLETE) return end;
    if (after < 0) {
      this.#refuse(this.#body.fault ?? TRUNCATED);
      return end;
    }
    this.#bodyEnded();
    return after;
  }

  #bodyEnded(): void {
    this.wire.bodyEnded();
    if (this.#phase !== 'body') return;
    this.#phase = 'answering';
    this.handler.requestEnded();
  }

  #hold(bytes: Buffer, start: number, end: number): void {
    this.#held ??= new ByteStore();
    this.#held.append(bytes, start, end);
    if (this.#held.length > this.#limits.pipelinedBytes) this.wire.pause();
  }

  #checkHeld(length: number): void {
    if (length > this.#limits.headBytes) this.#refuse(TOO_LARGE);
  }

  #refuse(fault: WireFault): void {
    this.#phase = this.#phase === 'head' ? 'body' : this.#phase;
    this.handler.requestRefused(fault);
  }

  /** Both sides are done; what the kernel has not taken yet keeps the socket until the linger is over. */
  #destroyOnceSent(): void {
    if (this.wire.unsentBytes === 0) this.wire.destroy();
  }
}
