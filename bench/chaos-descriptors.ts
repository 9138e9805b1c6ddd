// Preloaded into a sidecar (`node --import`): the process may open 256 files, as after `ulimit -n 256`. Needs prlimit (util-linux).
import { execFileSync } from 'node:child_process';

execFileSync('prlimit', ['--pid', String(process.pid), '--nofile=256:256']);
