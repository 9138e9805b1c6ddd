import type { ClientHttp2Stream, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { sendTrailers } from '../http2/sending.ts';

/** The body of a request as it comes from the caller and goes to an origin, and what of it may have to be sent again. */
export class H2Body {
  /** All has come. */
  isWhole = false;
  /** False for a call of gRPC, whose requests have none: it saves a frame. */
  mayHaveTrailers = true;
  /** All that came is still at hand. */
  isReplayable = true;
  #stream: ServerHttp2Stream | undefined = undefined;
  #origin: ClientHttp2Stream | undefined = undefined;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #bufferBytes = 0;
  #trailers: OutgoingHttpHeaders | undefined = undefined;

  /** Begins a body; `bufferBytes` of it are kept until {@link commit}. */
  start(stream: ServerHttp2Stream, isWhole: boolean, bufferBytes: number): void {
    this.isWhole = isWhole;
    this.isReplayable = true;
    this.#stream = stream;
    this.#origin = undefined;
    this.#kept = [];
    this.#keptBytes = 0;
    this.#bufferBytes = bufferBytes;
    this.#trailers = undefined;
  }

  /** Nothing has come and nothing will. */
  get isEmpty(): boolean {
    return this.isWhole && this.#keptBytes === 0 && this.isReplayable && this.#trailers === undefined;
  }

  /** A piece has come. */
  take(piece: Buffer): void {
    const origin = this.#origin;
    if (this.isReplayable) this.#keep(piece);
    if (origin === undefined) {
      if (this.#keptBytes > this.#bufferBytes) this.#stream?.pause();
    } else if (!origin.write(piece)) {
      this.#stream?.pause();
    }
  }

  /** All has come. */
  end(): void {
    this.isWhole = true;
    this.#origin?.end();
  }

  /** Trailers have come, right before the end. */
  takeTrailers(trailers: OutgoingHttpHeaders): void {
    this.#trailers = trailers;
  }

  /** Sends what has come; the rest follows as it comes. */
  sendTo(origin: ClientHttp2Stream): void {
    this.#origin = origin;
    origin.on('drain', () => {
      if (this.#origin === origin) this.#stream?.resume();
    });
    origin.on('wantTrailers', () => sendTrailers(origin, this.#trailers ?? {}));
    let goesOn = true;
    for (const piece of this.#kept) goesOn = origin.write(piece);
    if (this.isWhole) origin.end();
    else if (goesOn) this.#stream?.resume();
  }

  /** The attempt is over: what comes from now on is kept for the next. */
  detach(): void {
    this.#origin = undefined;
  }

  /** There will be no other attempt. */
  commit(): void {
    this.isReplayable = false;
    this.#kept = [];
    this.#keptBytes = 0;
  }

  #keep(piece: Buffer): void {
    if (this.#origin !== undefined && this.#keptBytes + piece.length > this.#bufferBytes) {
      this.commit();
      return;
    }
    this.#kept.push(piece);
    this.#keptBytes += piece.length;
  }
}
