import type { HeadLimits } from './request-head.ts';
import type { WireFault } from './wire-fault.ts';

/** What a connection from a client may take, in bytes, number and time. */
export interface ClientLimits extends HeadLimits {
  /** Bytes of later requests that are kept while one is being answered; more stay with the client. */
  readonly pipelinedBytes: number;
  /** From a head's first byte (or the connection's start) to its last. */
  readonly headMs: number;
  /** How long an idle connection is kept. */
  readonly keepAliveMs: number;
  /** How long bytes are still taken, and thrown away, after our last answer; closing at once could destroy it. */
  readonly lingerMs: number;
}

/** Hears what happens on a client connection. */
export interface ClientHandler {
  /** A head is whole and sound: `client.request`. Its bytes are there until this returns. */
  requestStarted(): void;
  /** A piece of the body as it is to be passed on: with its framing when chunked. */
  requestBytes(bytes: Buffer, start: number, end: number): void;
  /** A piece of a chunked body as text, to be passed on after the bytes before it: a chunk's size, or the body's end. */
  requestText(text: string): void;
  requestEnded(): void;
  /** All that was read at once has been told. */
  requestFlushed(): void;
  /** The bytes break a rule: nothing after this can be understood. */
  requestRefused(fault: WireFault): void;
  /** The client will send nothing more; the request is whole and not answered yet. */
  halfClosed(): void;
  /** Bytes on a connection that has become a tunnel. */
  tunnelBytes(bytes: Buffer, start: number, end: number): void;
  clientDrained(): void;
  /** `client.deadlineMs`, set by the handler while it answers, has passed. */
  clientExpired(nowMs: number): void;
  /** The connection is gone. Nothing comes after this. */
  clientClosed(): void;
}
