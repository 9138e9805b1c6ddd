import type { OriginFailure } from './origin-failure.ts';

/** Hears what happens on an origin connection while a request is on it. */
export interface OriginHandler {
  /** A new connection can be written to. */
  originConnected(): void;
  /** A head is whole and sound: `origin.response`, an interim one (1xx) too. Its bytes are there until this returns. */
  responseStarted(): void;
  /** A piece of the body: its content, or with `origin.passesChunks` its chunks as they came. */
  responseBytes(bytes: Buffer, start: number, end: number): void;
  /** A piece of a chunked body as text, with `passesChunks`: a chunk's size, or the body's end. */
  responseText(text: string): void;
  /** The answer is whole; `origin.isReusable` is settled. */
  responseEnded(): void;
  /** All that was read at once has been told. */
  responseFlushed(): void;
  /** Bytes on a connection that has become a tunnel. */
  originTunnelBytes(bytes: Buffer, start: number, end: number): void;
  originTunnelEnded(): void;
  originDrained(): void;
  /** There will be no (more of an) answer. Nothing comes after this. */
  originFailed(failure: OriginFailure): void;
}
