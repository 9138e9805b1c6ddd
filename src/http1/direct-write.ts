import type { Socket } from 'node:net';
import { usesNodeInternals } from './node-internals.ts';

/** The part of Node's stream handle that {@link directWriter} uses. */
interface StreamHandle {
  writeLatin1String(request: null, text: string): number | PendingWrite;
  writeBuffer(request: null, bytes: Buffer): number | PendingWrite;
}

interface PendingWrite {
  oncomplete: ((status: number) => void) | null;
  /** Set when it was complete before anybody could listen. */
  writeStatus: number | null;
  /** Keeps the memory from being collected. */
  buffer: Buffer | null;
}

/** Hears how a write that did not leave at once ended: 0, or the system's error number. */
export type OnSent = (errorNumber: number) => void;

/** Writes past the socket's own queue. */
export interface DirectWriter {
  /** Returns whether all of it has left already; else `onSent` follows. */
  write(text: string, onSent: OnSent): boolean;
  /** The same for bytes, which must stay as they are until they have left. */
  writeBytes(bytes: Buffer, onSent: OnSent): boolean;
}

/**
 * Node 26 of these minor versions was looked at and tested: a handle's write returns 0 when the kernel took all, an error
 * number, or a request to wait for. Elsewhere the same call may differ, so there the ordinary way is taken.
 */
const isKnownRuntime: boolean = usesNodeInternals && /^26\.(?:1\d|[2-9]\d)\./.test(process.versions.node);

/**
 * A way to write to `socket` that costs a system call and little else; undefined where there is none. A small answer is
 * one write that the kernel takes at once: the stream machinery around it (queueing, ticks, callbacks) cost as much as
 * reading and routing the request.
 */
export function directWriter(socket: Socket): DirectWriter | undefined {
  const { _handle: handle } = socket as Socket & { _handle?: (StreamHandle & object) | null };
  if (!isKnownRuntime || handle === undefined || handle === null) return undefined;
  if (handle.constructor.name !== 'TCP' && handle.constructor.name !== 'Pipe') return undefined;
  return {
    write: (text, onSent) => hasLeft(handle.writeLatin1String(null, text), null, onSent),
    writeBytes: (bytes, onSent) => hasLeft(handle.writeBuffer(null, bytes), bytes, onSent),
  };
}

function hasLeft(result: number | PendingWrite, bytes: Buffer | null, onSent: OnSent): boolean {
  if (result === 0) return true;
  if (typeof result === 'number') {
    onSent(result);
  } else if (result.writeStatus === null) {
    result.buffer = bytes;
    result.oncomplete = onSent;
  } else {
    onSent(result.writeStatus);
  }
  return false;
}
