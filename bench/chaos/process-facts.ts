import { readdir, readFile, readlink } from 'node:fs/promises';

/** The resident memory of a process, from `/proc`. */
export async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

/** How many files, sockets included, a process has open. */
export async function openFiles(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length;
}

/** Whether a process has not ended yet; one that waits for its parent to notice has. */
export async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  return stat !== '' && !/\) [ZX] /.test(stat);
}

/** How many connections a process has to the port of a URL on this machine, from `/proc`. */
export async function openConnections(pid: number, url: string): Promise<number> {
  const remote = `:${Number(new URL(url).port).toString(16).toUpperCase().padStart(4, '0')}`;
  const own = await socketsOf(pid);
  let count = 0;
  for (const line of (await readFile(`/proc/${pid}/net/tcp`, 'latin1')).split('\n')) {
    const fields = line.trim().split(/\s+/);
    if (fields[2]?.endsWith(remote) && own.has(fields[9] ?? '')) count += 1;
  }
  return count;
}

/** Inodes of the sockets that a process has open. */
async function socketsOf(pid: number): Promise<ReadonlySet<string>> {
  const inodes = new Set<string>();
  for (const descriptor of await readdir(`/proc/${pid}/fd`)) {
    const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    if (inode !== undefined) inodes.add(inode);
  }
  return inodes;
}
