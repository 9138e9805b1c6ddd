import type { OriginConnection } from '../http1/origin-connection.ts';
import type { OriginHandler } from '../http1/origin-handler.ts';
import type { OriginPool } from '../http1/origin-pool.ts';

/** A longer answer costs more to read than a new connection. */
const MAX_BYTES = 64 * 1024;
/** How long the rest of an answer may take. */
const MAX_MS = 1000;

/**
 * Reads and throws away the rest of an answer that another attempt replaces, so that its connection can be used again:
 * an origin that is answering 503 for a minute would else also be connected to anew for each request.
 */
export class AnswerDrain implements OriginHandler {
  readonly #origin: OriginConnection;
  readonly #pool: OriginPool;
  #bytes = 0;

  private constructor(origin: OriginConnection, pool: OriginPool) {
    this.#origin = origin;
    this.#pool = pool;
  }

  /** Takes over a connection whose answer's head has just come; drops it if the answer is not short. */
  static begin(origin: OriginConnection, pool: OriginPool, nowMs: number): void {
    const { framing, response } = origin;
    if (framing === 'close' || (framing === 'length' && response.contentLength > MAX_BYTES)) {
      origin.drop();
      return;
    }
    origin.passesChunks = false;
    origin.discardFor(new AnswerDrain(origin, pool), nowMs + MAX_MS);
  }

  responseBytes(_bytes: Buffer, start: number, end: number): void {
    this.#bytes += end - start;
    if (this.#bytes > MAX_BYTES) this.#origin.drop();
  }

  responseEnded(): void {
    this.#pool.release(this.#origin);
  }

  originConnected(): void {}
  responseStarted(): void {}
  responseText(): void {}
  responseFlushed(): void {}
  originTunnelBytes(): void {}
  originTunnelEnded(): void {}
  originDrained(): void {}
  originFailed(): void {}
}
