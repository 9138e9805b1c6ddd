import type { MakeSocket } from '../http1/listener.ts';
import type { OnRead } from '../http1/wire.ts';
import { errorResponse } from './proxy-error.ts';

/**
 * Refused connections that may be open at once, waiting for their callers to take the answer and leave. They live on
 * the descriptors that are kept back (see `open-files.ts`): without any left, the system closes connections
 * unanswered.
 */
const OPEN_AT_ONCE = 24;
/** A caller that does not leave by itself. */
const LINGER_MS = 1000;

/** For a socket that nothing is wanted from. */
const NO_READS: OnRead = { buffer: () => Buffer.allocUnsafe(1024), callback: () => true };

/** Answers connections beyond the limit with 503, without looking at what they ask. */
export class Refusals {
  /** The oldest first. */
  readonly #open = new Set<ReturnType<MakeSocket>>();

  /** Answers, and closes once the caller has; at once when too many others are being refused. */
  refuse(make: MakeSocket, nowMs: number): void {
    const socket = make(NO_READS);
    this.#open.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#open.delete(socket));
    const reason = 'too many client connections are open';
    socket.end(errorResponse({ code: 'too_many_connections', reason, isHead: false, closes: true, nowMs }), 'latin1');
    socket.setTimeout(LINGER_MS, () => socket.destroy());
    // Its answer is in the caller's hands, or on the way there: short ones leave as they are written.
    const [oldest] = this.#open;
    if (this.#open.size > OPEN_AT_ONCE && oldest !== undefined) this.#close(oldest);
  }

  /** Closes without a word: for what does not speak HTTP. */
  drop(make: MakeSocket): void {
    make(NO_READS).destroy();
  }

  #close(socket: ReturnType<MakeSocket>): void {
    this.#open.delete(socket);
    socket.destroy();
  }
}
