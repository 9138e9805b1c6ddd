import type { Socket } from 'node:net';

/** The part of Node's stream handle that {@link directWriter} uses. */
interface StreamHandle {
  writeLatin1String(request: null, text: string): number | PendingWrite;
}

interface PendingWrite {
  oncomplete: ((status: number) => void) | null;
}

/** Writes text past the socket's own queue. */
export interface DirectWriter {
  /** Returns whether all of it has left already; else `onSent` follows, with the system's error number if it failed. */
  write(text: string, onSent: (errorNumber: number) => void): boolean;
}

/**
 * Node 26 of these minor versions was looked at and tested: a handle's write returns 0 when the kernel took all, an error
 * number, or a request to wait for. Elsewhere the same call may differ, so there the ordinary way is taken.
 */
const isKnownRuntime: boolean = /^26\.(?:1\d|[2-9]\d)\./.test(process.versions.node);

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
    write(text, onSent) {
      const result = handle.writeLatin1String(null, text);
      if (result === 0) return true;
      if (typeof result === 'number') onSent(result);
      else result.oncomplete = onSent;
      return false;
    },
  };
}
