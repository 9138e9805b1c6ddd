import { readdirSync, readFileSync } from 'node:fs';

/** What processes have used, from procfs. */
export interface ProcessFigures {
  /** CPU time in user mode, all threads, ms. */
  readonly userMs: number;
  /** CPU time in the kernel on the processes' behalf, all threads, ms. */
  readonly systemMs: number;
  /** Resident set, bytes. */
  readonly rssBytes: number;
}

/** USER_HZ: the unit of times in /proc/PID/stat; 100 on every Linux port that Node runs on. */
const TICKS_PER_SECOND = 100;

/** A process and all that descend from it: nginx works in a child of the one that was started. */
function family(pid: number): number[] {
  let children: string;
  try {
    children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  } catch {
    return [];
  }
  return [
    pid,
    ...children
      .split(' ')
      .filter(Boolean)
      .flatMap((child) => family(Number(child))),
  ];
}

/** Sums over a process and its descendants. Fields 14 and 15 of stat hold what ended threads used, too. */
export function processFigures(root: number): ProcessFigures {
  let userMs = 0;
  let systemMs = 0;
  let rssBytes = 0;
  for (const pid of family(root)) {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    userMs += (Number(fields[11]) * 1000) / TICKS_PER_SECOND;
    systemMs += (Number(fields[12]) * 1000) / TICKS_PER_SECOND;
    rssBytes += Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) * 1024;
  }
  return { userMs, systemMs, rssBytes };
}

/** CPU time that a process's present threads have used, µs: exact, where {@link processFigures} counts in steps of 10 ms. */
export function threadsMicros(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanos = threads.map((id) => Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'latin1').split(' ')[0]));
  return nanos.reduce((sum, own) => sum + own, 0) / 1000;
}

/** CPU time that all cores together gave to anyone since boot, ms. */
export function coresBusyMs(): number {
  const line = /^cpu (.*)$/m.exec(readFileSync('/proc/stat', 'latin1'))?.[1] ?? '';
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line.trim().split(/ +/).map(Number);
  return ((user + nice + system + irq + softirq + steal) * 1000) / TICKS_PER_SECOND;
}
