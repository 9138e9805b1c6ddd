import { type Server, Socket } from 'node:net';
import { usesNodeInternals } from './node-internals.ts';
import type { OnRead } from './wire.ts';

/** The part of the handle of an accepted connection that is used here; names are missing on unix sockets. */
export interface AcceptedHandle {
  readonly useUserBuffer: (bytes: Uint8Array) => void;
  setNoDelay?(on: boolean): number;
  getpeername?(into: HandleName): number;
  getsockname?(into: HandleName): number;
}

interface HandleName {
  address?: string;
}

interface ListeningHandle {
  setNoDelay?(on: boolean): number;
  onconnection?: (this: unknown, status: number, accepted?: unknown) => void;
}

/**
 * Takes the handles of accepted connections before Node makes sockets of them, for sockets that read into our own memory:
 * Node offers that (`onread`) for outgoing connections only, and without it each read allocates 64 KiB. A listening
 * handle or an accepted one that is not as we know it goes the ordinary way.
 */
export function takeHandles(server: Server, take: (accepted: AcceptedHandle) => void): void {
  const { _handle: listening } = server as Server & { _handle?: ListeningHandle | null };
  const ordinary = listening?.onconnection;
  if (!usesNodeInternals || !listening || typeof ordinary !== 'function') return;
  // Linux lets accepted connections inherit it, which saves a system call for each.
  const inherits = process.platform === 'linux' && listening.setNoDelay?.(true) === 0;
  listening.onconnection = function (status, accepted) {
    if (status !== 0 || !isKnownHandle(accepted)) {
      ordinary.call(this, status, accepted);
      return;
    }
    if (!inherits) accepted.setNoDelay?.(true);
    take(accepted);
  };
}

/** A socket for a handle; it reads at once. */
export function socketOf(handle: AcceptedHandle, onread: OnRead): Socket {
  // Node's types know neither of the two for a socket that is not connected by us.
  return new Socket({ handle, onread, allowHalfOpen: true } as object);
}

/** The address of the other end of a handle's connection; empty on a unix socket, or when it is gone already. */
export function remoteAddressOf(handle: AcceptedHandle): string {
  const name: HandleName = {};
  handle.getpeername?.(name);
  return name.address ?? '';
}

/** The address at which a handle's connection came in; empty on a unix socket. */
export function localAddressOf(handle: AcceptedHandle): string {
  const name: HandleName = {};
  handle.getsockname?.(name);
  return name.address ?? '';
}

/** Whether a handle is one that {@link socketOf} may be given. */
export function isKnownHandle(handle: unknown): handle is AcceptedHandle {
  return usesNodeInternals && typeof (handle as Partial<AcceptedHandle> | undefined)?.useUserBuffer === 'function';
}
