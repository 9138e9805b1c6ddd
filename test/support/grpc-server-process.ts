import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { endProcess } from './end-process.ts';

/** A server of `test.Echo` in a process of its own. */
export interface GrpcServerProcess extends AsyncDisposable {
  readonly address: string;
  readonly process: ChildProcess;
}

/** Starts one. */
export async function startGrpcServerProcess(): Promise<GrpcServerProcess> {
  const main = new URL('grpc-server-main.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [main], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  return {
    address: String(line).trim(),
    process: child,
    [Symbol.asyncDispose]: () => endProcess(child),
  };
}
