import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the kernel takes CPU limits; version 2 of control groups has one tree, version 1 one for each resource. */
const UNIFIED = '/sys/fs/cgroup';
const CPU_ONLY = '/sys/fs/cgroup/cpu';
/** Short, so that a process that has used its share up does not stand still for long. */
const PERIOD_MICROS = 10_000;

/** A process under a limit. */
export interface CpuShare {
  /** Takes the limit away; the process must have ended. */
  remove(): void;
}

/**
 * Lets a process (with its threads) use at most `share` of one core, so that it is saturated while the machine is not.
 * @throws Error where control groups cannot be written: it needs root, and Linux
 */
export function limitCpu(pid: number, share: number): CpuShare {
  const isUnified = existsSync(join(UNIFIED, 'cgroup.controllers'));
  const group = join(isUnified ? UNIFIED : CPU_ONLY, `pilotfish-bench-${pid}`);
  const quotaMicros = Math.round(PERIOD_MICROS * share);
  try {
    if (isUnified) writeFileSync(join(UNIFIED, 'cgroup.subtree_control'), '+cpu');
    mkdirSync(group, { recursive: true });
    if (isUnified) writeFileSync(join(group, 'cpu.max'), `${quotaMicros} ${PERIOD_MICROS}`);
    else {
      writeFileSync(join(group, 'cpu.cfs_period_us'), String(PERIOD_MICROS));
      writeFileSync(join(group, 'cpu.cfs_quota_us'), String(quotaMicros));
    }
    writeFileSync(join(group, 'cgroup.procs'), String(pid));
  } catch (cause) {
    throw new Error(`cannot limit process ${pid} by a control group, which needs root: ${group}`, { cause });
  }
  return { remove: () => rmdirSync(group) };
}
