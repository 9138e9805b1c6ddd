import type { Socket } from 'node:net';
import { getSystemErrorName } from 'node:util';
import { latin1, putLatin1 } from './bytes.ts';
import { type DirectWriter, directWriter, type OnSent } from './direct-write.ts';
import { PooledBuffer, sharedBuffer } from './read-buffers.ts';

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
/** A piece up to this size costs less as a part of a text than as a write of its own. */
const SMALL_BYTES = 4096;
/** Beyond this, what was written past the socket's queue and has not left means that the peer takes nothing more. */
const MAX_UNSENT_BYTES = 32 * 1024;

/**
 * A socket as the engine uses it: reads go into shared memory, small writes of one moment leave as one, and large pieces
 * pass from the one wire to the other without a copy.
 */
export class Wire {
  readonly socket: Socket;
  readonly #owner: WireOwner;
  /** What waits for {@link flush}, a byte a character. */
  #text = '';
  /** Where reads go; undefined: into the shared buffer. */
  #own: PooledBuffer | undefined = undefined;
  #wantsOwnBuffer = false;
  #isPaused = false;
  /** Undefined until it is known, `false` where there is none. */
  #direct: DirectWriter | false | undefined = undefined;
  /** Something may wait in the socket's own queue. */
  #usesQueue = false;
  /** We have ended our side, or the socket is gone. */
  #isOver = false;
  /** What was written directly and the kernel has not taken whole. */
  #unsentWrites = 0;
  #unsentBytes = 0;
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
        return this.#nextBuffer();
      },
      callback: (length, buffer) => {
        this.bytesRead += length;
        this.#owner.received(buffer as Buffer, length);
        return true;
      },
    });
    if (!this.#hasOnRead) this.#listenForData();
    this.socket.on('encrypted' in this.socket ? 'secureConnect' : 'connect', () => this.#owner.connected());
    this.socket.on('end', () => this.#owner.ended());
    this.socket.on('drain', () => this.#owner.drained());
    let failure: Error | undefined;
    this.socket.on('error', (error) => {
      failure = error;
    });
    this.socket.on('close', () => {
      this.#isOver = true;
      this.#own?.release();
      this.#own = undefined;
      this.#owner.closed(failure);
    });
  }

  /** Nothing can be sent any more: we have ended our side, or the socket is gone or about to go. */
  get isOver(): boolean {
    return this.#isOver || this.socket.destroyed;
  }

  /** The peer takes nothing more for now. */
  get isBlocked(): boolean {
    if (this.#unsentBytes > MAX_UNSENT_BYTES) return true;
    return this.#usesQueue && this.socket.writableNeedDrain;
  }

  /** Bytes accepted but not yet taken by the kernel. */
  get unsentBytes(): number {
    return this.socket.writableLength + this.#unsentBytes + this.#text.length;
  }

  /** Adds text (a byte a character) to what the next {@link flush} sends. */
  text(text: string): void {
    this.#text += text;
    if (this.#text.length > JOIN_BYTES) this.flush();
  }

  /** Sends bytes that stay as they are until they have left. */
  bytes(bytes: Buffer): void {
    this.#send(bytes, 0, bytes.length, undefined);
  }

  /**
   * Sends `[start, end)` of what `from` has just received: joined when it is small, else without a copy, and in one write
   * with the text before it where that fits into the place before the bytes, which nobody needs any more.
   */
  passOn(from: Wire, bytes: Buffer, start: number, end: number): void {
    if (end - start <= SMALL_BYTES) {
      this.text(latin1(bytes, start, end));
      return;
    }
    const source = from.#own;
    if (bytes === sharedBuffer) {
      from.#wantsOwnBuffer = true;
      const copy = PooledBuffer.take();
      const at = Math.min(this.#text.length, start);
      bytes.copy(copy.bytes, at, start, end);
      this.#send(copy.bytes, this.#joined(copy.bytes, at), at + end - start, copy);
      copy.release();
    } else if (source !== undefined && bytes === source.bytes) {
      this.#send(bytes, source.isHeld ? start : this.#joined(bytes, start), end, source);
    } else {
      this.#send(bytes, start, end, undefined);
    }
  }

  /** Puts the text that waits before `bytes[start]`, if it fits; returns where it begins. */
  #joined(bytes: Buffer, start: number): number {
    const at = start - this.#text.length;
    if (at < 0) return start;
    putLatin1(bytes, this.#text, at);
    this.#text = '';
    return at;
  }

  /** Sends text that waits, then bytes that stay as they are until they have left; `owner` is told when that is. */
  #send(bytes: Buffer, start: number, end: number, owner: PooledBuffer | undefined): void {
    this.flush();
    const piece = bytes.subarray(start, end);
    this.bytesWritten += piece.length;
    const direct = this.#directWriter();
    owner?.retain();
    if (direct === undefined) {
      this.#usesQueue = true;
      this.socket.write(piece, () => owner?.release());
      return;
    }
    const onSent: OnSent = (errorNumber) => {
      owner?.release();
      this.#onSent(errorNumber);
    };
    this.#unsentWrites += 1;
    this.#unsentBytes += piece.length;
    if (!direct.writeBytes(piece, onSent)) return;
    owner?.release();
    this.#unsentWrites -= 1;
    this.#unsentBytes -= piece.length;
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
    const direct = this.#directWriter();
    if (direct === undefined) {
      this.#usesQueue = true;
      this.socket.write(text, 'latin1');
      return;
    }
    this.#unsentWrites += 1;
    this.#unsentBytes += text.length;
    if (!direct.write(text, this.#onSent)) return;
    this.#unsentWrites -= 1;
    this.#unsentBytes -= text.length;
  }

  /** The way past the socket's queue, unless something waits there: that goes first. */
  #directWriter(): DirectWriter | undefined {
    this.#direct ??= directWriter(this.socket) ?? false;
    if (this.#usesQueue && this.socket.writableLength === 0) this.#usesQueue = false;
    return this.#direct === false || this.#usesQueue || this.#isOver ? undefined : this.#direct;
  }

  readonly #onSent = (errorNumber: number): void => {
    if (errorNumber !== 0) {
      this.socket.destroy(new Error(`write failed: ${getSystemErrorName(errorNumber)}`));
    }
    if (--this.#unsentWrites > 0) return;
    this.#unsentBytes = 0;
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

  /**
   * Ends both directions, if the kernel takes all that is left: it sends that, and answers what still comes with a reset.
   * Returns false, and has ended nothing, if that cannot be told.
   */
  endAtOnce(): boolean {
    this.flush();
    if (this.#directWriter() === undefined || this.unsentBytes > 0) return false;
    this.destroy();
    return true;
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

  #nextBuffer(): Buffer {
    if (this.#own !== undefined && (!this.#wantsOwnBuffer || this.#own.isHeld)) {
      this.#own.release();
      this.#own = undefined;
    }
    if (this.#wantsOwnBuffer) this.#own ??= PooledBuffer.take();
    return this.#own?.bytes ?? sharedBuffer;
  }
}

/** Node's `onread` option: reads go into `buffer()`, asked for again after each. */
export interface OnRead {
  readonly buffer: () => Buffer;
  readonly callback: (length: number, buffer: Uint8Array) => boolean;
}
