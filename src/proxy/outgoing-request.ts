import { latin1 } from '../http1/bytes.ts';
import { Field } from '../http1/field.ts';
import type { OriginConnection } from '../http1/origin-connection.ts';
import type { RequestHead } from '../http1/request-head.ts';
import type { Wire } from '../http1/wire.ts';
import { isIdempotentMethod } from './retry-policy.ts';
import type { Route } from './route.ts';

/**
 * The request as it goes out: its head as text that does not depend on the bytes it came in, and as much of its body as
 * may have to be sent (again). One is reused for all requests of a connection.
 */
export class OutgoingRequest {
  /** All has come from the caller. */
  isWhole = false;
  /** Twice is as good as once: by its method or its Idempotency-Key. */
  isIdempotent = false;
  /** Everything sent so far is still at hand. */
  isReplayable = true;
  isHead = false;
  isUpgrade = false;
  methodIndex = 0;
  #line = '';
  #hostLine: string | undefined = undefined;
  #fields = '';
  /** The beginning of the body, a byte a character. */
  #kept = '';
  #bufferBytes = 0;
  #origin: OriginConnection | undefined = undefined;

  /** Takes over a request's head. `drop` marks the fields that stay behind; `tail` is what we add. */
  start(request: RequestHead, route: Route, drop: Uint8Array, tail: string): void {
    const { method, methodIndex } = request;
    this.methodIndex = methodIndex;
    this.isWhole = request.framing === 'none';
    this.isIdempotent = isIdempotentMethod(methodIndex) || request.idempotencyKey >= 0;
    this.isReplayable = true;
    this.isHead = method === 'HEAD';
    this.isUpgrade = request.upgradesToWebSocket;
    this.#kept = '';
    this.#origin = undefined;
    this.#line = `${method} ${route.rest}`;
    this.#hostLine = route.form === 'host' ? ` HTTP/1.1\r\nHost: ${route.host}\r\n` : undefined;
    const kept = request.fields.kept(request.bytes, drop, request.nominated);
    this.#fields = kept + tail;
    if (this.isUpgrade) this.#fields += 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
    else if (request.takesTrailers) this.#fields += 'Connection: TE\r\nTE: trailers\r\n';
  }

  /** Takes another target, before anything was sent. */
  retarget(method: string, target: string): void {
    this.#line = `${method} ${target}`;
  }

  /** How much of the body is kept for sending again. */
  keepUpTo(bytes: number): void {
    this.#bufferBytes = bytes;
  }

  /** Sends the head and what there is of the body; the rest follows as it comes. */
  sendTo(origin: OriginConnection, hostLine: string, attemptFields: string): void {
    this.#origin = origin;
    const { wire } = origin;
    wire.text(`${this.head(hostLine, attemptFields)}${this.#kept}`);
    wire.flush();
    // What may be sent once only need not be kept.
    if (!this.isIdempotent && this.#kept !== '') this.#forget();
  }

  /** The head as it goes out. */
  head(hostLine: string, attemptFields: string): string {
    return `${this.#line}${this.#hostLine ?? hostLine}${this.#fields}${attemptFields}\r\n`;
  }

  /** The attempt is over: what comes from now on is kept for the next. */
  detach(): void {
    this.#origin = undefined;
  }

  /** Nothing more is sent: lets go of the text, whose pieces may keep much more alive than they are themselves. */
  end(): void {
    this.#origin = undefined;
    this.#line = '';
    this.#fields = '';
    this.#kept = '';
  }

  /** Takes a piece of the body; returns false when the caller should pause. */
  body(from: Wire, bytes: Buffer, start: number, end: number): boolean {
    const origin = this.#origin;
    if (this.isReplayable && (origin === undefined || this.isIdempotent)) this.#keep(bytes, start, end);
    if (origin === undefined) return this.#kept.length <= this.#bufferBytes;
    origin.wire.passOn(from, bytes, start, end);
    if (!this.isIdempotent) this.isReplayable = false;
    return !origin.wire.isBlocked;
  }

  /** Takes the text that ends a chunked body. */
  bodyText(text: string): void {
    if (this.isReplayable) this.#kept += text;
    this.#origin?.wire.text(text);
  }

  /** Sends what was collected. */
  flush(): void {
    this.#origin?.wire.flush();
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    if (this.#origin !== undefined && this.#kept.length + end - start > this.#bufferBytes) {
      this.#forget();
      return;
    }
    this.#kept += latin1(bytes, start, end);
  }

  #forget(): void {
    this.#kept = '';
    this.isReplayable = false;
  }
}

/** Whether our own mark is in a Via field: the request has been here before. */
export function hasBeenHere(request: RequestHead, mark: string): boolean {
  if (request.via < 0) return false;
  const { ids, count } = request.fields;
  for (let index = request.via; index < count; index++) {
    if (ids[index] !== Field.VIA) continue;
    for (const member of request.fields.value(request.bytes, index).split(',')) {
      // received-protocol, received-by and perhaps a comment (RFC 9110 §7.6.3)
      if (member.trim().split(/[ \t]+/)[1] === mark) return true;
    }
  }
  return false;
}
