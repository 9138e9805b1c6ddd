import { readFile } from 'node:fs/promises';
import type { Clock } from '../runtime/clock.ts';
import type { TrafficMeter } from './traffic-meter.ts';

/** Where Linux lists the TCP connections of this network namespace, the app's among them. */
const TABLES: readonly string[] = ['/proc/net/tcp', '/proc/net/tcp6'];
/** The state column, as the kernel writes it (include/net/tcp_states.h). */
const ESTABLISHED = '01';
const LOOK_EVERY_MS = 100;

/**
 * The connections that callers have to the app, counted from outside: callers dial the app itself and not the sidecar,
 * so the kernel's table is the only place where their leaving can be seen. A kept-alive connection counts as long as it
 * is open. Linux only; elsewhere {@link run} ends at once and `isWatching` stays false.
 */
export class AppConnections implements TrafficMeter {
  readonly #port: number;
  readonly #clock: Clock;
  readonly #read: (path: string) => Promise<string>;
  #open: ReadonlySet<string> = new Set();
  #started = 0;
  #isWatching = false;

  constructor(
    port: number,
    clock: Clock,
    read: (path: string) => Promise<string> = (path) => readFile(path, 'latin1'),
  ) {
    this.#port = port;
    this.#clock = clock;
    this.#read = read;
  }

  /** Whether the counts mean anything. */
  get isWatching(): boolean {
    return this.#isWatching;
  }

  active(): number {
    return this.#open.size;
  }

  started(): number {
    return this.#started;
  }

  /** Looks once, so that counts are there before anyone decides by them. False where there is no such table. */
  async look(): Promise<boolean> {
    const tables = await Promise.all(TABLES.map((path) => this.#read(path).catch(() => undefined)));
    if (tables.every((table) => table === undefined)) return false;
    const open = new Set(tables.flatMap((table) => (table === undefined ? [] : connectionsTo(this.#port, table))));
    for (const connection of open) if (!this.#open.has(connection)) this.#started += 1;
    this.#open = open;
    this.#isWatching = true;
    return true;
  }

  /** Looks ten times a second until `signal` aborts; to be run only while it matters. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (await this.look())) {
      await this.#clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined);
    }
    this.#isWatching = false;
  }
}

/** The established connections to a local port, each by the other end and our own. Pure; the format is proc(5)'s. */
export function connectionsTo(port: number, table: string): readonly string[] {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const found: string[] = [];
  for (const line of table.split('\n')) {
    const [, own, other, state] = line.trim().split(/\s+/);
    if (own?.endsWith(local) && state === ESTABLISHED && other !== undefined) found.push(`${other} ${own}`);
  }
  return found;
}
