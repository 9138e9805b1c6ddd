import { readFileSync } from 'node:fs';

/** Files that are open besides the sockets of requests: listeners, Consul, logs, Node's own, refused connections. */
const RESERVED = 64;

/**
 * Sockets for each client: its own, one to an origin, and as many idle ones, since every origin keeps those of its busiest
 * moment.
 */
const PER_CLIENT = 3;

/**
 * How many client connections there can be before the process runs out of file descriptors. Beyond the system's limit the kernel's queue is emptied by closing, without an answer. Infinity where the limit
 * cannot be read.
 */
export function connectionsByOpenFiles(limits: string | undefined = readLimits()): number {
  const soft = /^Max open files\s+(\d+)/m.exec(limits ?? '')?.[1];
  return soft === undefined
    ? Number.POSITIVE_INFINITY
    : Math.max(1, Math.floor((Number(soft) - RESERVED) / PER_CLIENT));
}

function readLimits(): string | undefined {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    // Not Linux, or no /proc: then the configured limit alone counts.
    return undefined;
  }
}
