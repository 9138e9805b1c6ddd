import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { getSystemErrorName } from 'node:util';
import { latin1 } from './bytes.ts';
import { type DirectWriter, directWriter } from './direct-write.ts';
import { giveBuffer, sharedBuffer, takeBuffer } from './read-buffers.ts';

/** Hears what a {@link Wire} receives. */
export interface WireOwner {
  /** It can be written to; for TLS, once the handshake is done. Not called for an accepted socket. */
  connected(): void;
  /** Bytes `[0, end)` have come. They are gone when this returns, unless `wire.passOn` was given them. */
  received(bytes: Buffer, end: number): void;
  /** The peer will send nothing more. */
  ended(): void;
  /** What was written has left; more is welcome. */
  drained(): void;
  /** The socket is gone, by us, the peer or an error. The last call. */
  closed(error: Error | undefined): void;
}

/** A text up to this size is joined with what else is sent at the same time; more is written apart, without a copy. */
const JOIN_BYTES = 16 * 1024;
const MAX_UNSENT_TEXT_BYTES = 64 * 1024;

/**
 * A socket as the engine uses it: reads go into shared memory, small writes of one moment leave as one, and large pieces
 * pass from the one wire to the other without a copy.
 */
export class Wire {
  readonly socket: Socket;
  readonly #owner: WireOwner;
  /** What waits for {@link flush}, a byte a character. */
  #text = '';
  /** Where reads go; never the shared buffer while `#ownsBuffer`. */
  #buffer: Buffer = sharedBuffer;
  #wantsOwnBuffer = false;
  #bufferIsHeld = false;
  #isPaused = false;
  /** Undefined until it is known, `false` where there is none. */
  #direct: DirectWriter | false | undefined = undefined;
  /** Something may wait in the socket's own queue. */
  #usesQueue = false;
  /** We have ended our side, or the socket is gone. */
  #isOver = false;
  /** Texts written directly that the kernel has not taken whole. */
  #unsentTexts = 0;
  #unsentTextBytes = 0;
  /** The socket has asked for our buffer, so reads into it; one that is connecting will ask later. */
  #hasOnRead = false;
  bytesRead = 0;
  bytesWritten = 0;

  /** @param make makes the socket; given the `onread` option for sockets that take it */
  constructor(owner: WireOwner, make: (onread: OnRead) => Socket) {
    this.#owner = owner;
    this.socket = make({
      buffer: () => {
        this.#hasOnRead = true;
        return this.#nextBuffer() as Buffer;
      },
      callback: (length, buffer) => {
        this.bytesRead += length;
        this.#owner.received(buffer as Buffer, length);
        return true;
      },
    });
    if (!this.#hasOnRead) this.#listenForData();
    this.socket.on(this.socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => this.#owner.connected());
    this.socket.on('end', () => this.#owner.ended());
    this.socket.on('drain', () => this.#owner.drained());
    let failure: Error | undefined;
    this.socket.on('error', (error) => {
      failure = error;
    });
    this.socket.on('close', () => {
      this.#isOver = true;
      if (!this.#bufferIsHeld) giveBuffer(this.#buffer);
      this.#buffer = sharedBuffer;
      this.#owner.closed(failure);
    });
  }

  /** The peer takes nothing more for now. */
  get isBlocked(): boolean {
    if (this.#unsentTextBytes > MAX_UNSENT_TEXT_BYTES) return true;
    return this.#usesQueue && this.socket.writableNeedDrain;
  }

  /** Bytes accepted but not yet taken by the kernel. */
  get unsentBytes(): number {
    return this.socket.writableLength + this.#unsentTextBytes + this.#text.length;
  }

  /** Adds text (a byte a character) to what the next {@link flush} sends. */
  text(text: string): void {
    this.#text += text;
    if (this.#text.length > JOIN_BYTES) this.flush();
  }

  /** Sends bytes that stay as they are until they have left. */
  bytes(bytes: Buffer): void {
    this.flush();
    this.bytesWritten += bytes.length;
    this.#usesQueue = true;
    this.socket.write(bytes);
  }

  /** Sends `[start, end)` of what `from` has just received: joined when it is small, without a copy when it is large. */
  passOn(from: Wire, bytes: Buffer, start: number, end: number): void {
    if (end - start <= 4096) {
      this.text(latin1(bytes, start, end));
      return;
    }
    this.flush();
    this.bytesWritten += end - start;
    this.#usesQueue = true;
    if (bytes.buffer === sharedBuffer.buffer) {
      from.#wantsOwnBuffer = true;
      this.socket.write(Buffer.from(bytes.subarray(start, end)));
      return;
    }
    this.socket.write(bytes.subarray(start, end));
    if (this.socket.writableLength > 0 && bytes === from.#buffer) from.#bufferIsHeld = true;
  }

  /** Large reads are over for now: the socket reads into shared memory again. */
  bodyEnded(): void {
    this.#wantsOwnBuffer = false;
  }

  /** Sends what was collected. */
  flush(): void {
    if (this.#text === '') return;
    const text = this.#text;
    this.#text = '';
    this.bytesWritten += text.length;
    this.#direct ??= directWriter(this.socket) ?? false;
    // What waits in the socket's own queue goes first.
    if (this.#usesQueue && this.socket.writableLength === 0) this.#usesQueue = false;
    if (this.#direct === false || this.#usesQueue || this.#isOver) {
      this.#usesQueue = true;
      this.socket.write(text, 'latin1');
    } else if (!this.#direct.write(text, this.#onSent)) {
      this.#unsentTexts += 1;
      this.#unsentTextBytes += text.length;
    }
  }

  readonly #onSent = (errorNumber: number): void => {
    if (errorNumber !== 0) {
      this.socket.destroy(new Error(`write failed: ${getSystemErrorName(errorNumber)}`));
    }
    if (--this.#unsentTexts > 0) return;
    this.#unsentTextBytes = 0;
    if (errorNumber === 0) this.#owner.drained();
  };

  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.socket.resume();
  }

  /**
   * Gives the socket away, with bytes that have been read already put back; its end is still told here.
   * Whoever takes it reads from it or consumes its handle at once.
   */
  release(unread: Buffer): Socket {
    this.socket.removeAllListeners('data');
    this.socket.pause();
    this.socket.unshift(Buffer.from(unread));
    return this.socket;
  }

  /** Sends what is left, then tells the peer that nothing more comes. */
  end(): void {
    this.flush();
    this.#isOver = true;
    this.socket.end();
  }

  destroy(): void {
    this.#isOver = true;
    this.socket.destroy();
  }

  /** For sockets that bring their own memory: TLS, or a runtime where the accepted handle could not be taken over. */
  #listenForData(): void {
    this.socket.on('data', (chunk: Buffer) => {
      this.bytesRead += chunk.length;
      this.#owner.received(chunk, chunk.length);
    });
  }

  #nextBuffer(): Buffer | undefined {
    if (this.#bufferIsHeld) {
      this.#bufferIsHeld = false;
      this.#buffer = this.#wantsOwnBuffer ? takeBuffer() : sharedBuffer;
      return this.#buffer;
    }
    if (this.#wantsOwnBuffer === (this.#buffer !== sharedBuffer)) return this.#buffer;
    giveBuffer(this.#buffer);
    this.#buffer = this.#wantsOwnBuffer ? takeBuffer() : sharedBuffer;
    return this.#buffer;
  }
}

/** Node's `onread` option: reads go into `buffer()`, asked for again after each. */
export interface OnRead {
  readonly buffer: () => Buffer;
  readonly callback: (length: number, buffer: Uint8Array) => boolean;
}
