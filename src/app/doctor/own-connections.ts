import { readFile } from 'node:fs/promises';

/** Where Linux lists the TCP connections of this network namespace. */
const TABLES: readonly string[] = ['/proc/net/tcp', '/proc/net/tcp6'];
/** The state column, as the kernel writes it (include/net/tcp_states.h). */
const ESTABLISHED = '01';

/**
 * How many connections to this port, wherever it is, are open from this machine: what an agent counts against one
 * address. Undefined where the kernel does not list them.
 */
export async function ownConnections(
  port: number,
  read: (path: string) => Promise<string> = (path) => readFile(path, 'latin1'),
): Promise<number | undefined> {
  const tables = await Promise.all(TABLES.map((path) => read(path).catch(() => undefined)));
  if (tables.every((table) => table === undefined)) return undefined;
  const remote = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  let count = 0;
  for (const line of tables.flatMap((table) => table?.split('\n') ?? [])) {
    const [, , other, state] = line.trim().split(/\s+/);
    if (other?.endsWith(remote) && state === ESTABLISHED) count += 1;
  }
  return count;
}
