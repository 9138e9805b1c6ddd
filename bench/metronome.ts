// The open loop's clock, a worker thread: one tick whenever a request is due, or several are.
// `Atomics.wait` sleeps to some tens of microseconds; a timer of Node's event loop only to a millisecond.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';

const port = parentPort as MessagePort;
const { startMs, periodMs, count }: { startMs: number; periodMs: number; count: number } = workerData;
const never = new Int32Array(new SharedArrayBuffer(4));
const now = (): number => performance.timeOrigin + performance.now();

for (let due = 0; due < count; ) {
  const wait = startMs + due * periodMs - now();
  if (wait > 0.005) Atomics.wait(never, 0, 0, wait);
  const reached = Math.min(count, Math.floor((now() - startMs) / periodMs) + 1);
  if (reached > due) {
    due = reached;
    port.postMessage(due);
  }
}
