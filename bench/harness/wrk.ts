import { fileURLToPath } from 'node:url';
import type { LoadFigures } from './load-figures.ts';
import { LOAD_CORE, runPinned } from './pinned-process.ts';

/** A closed loop: each connection sends its next request when it has the answer to the last. */
export interface ClosedLoop {
  readonly port: number;
  /** From `/`. */
  readonly path: string;
  readonly connections: number;
  readonly seconds: number;
  readonly method?: string;
  readonly bodyBytes?: number;
  /** Different values of the field `X-Key`, sent in turn; 0, the default: no such field. */
  readonly keys?: number;
  /** `Name: value`, each. */
  readonly fields?: readonly string[];
}

interface WrkReport {
  readonly requests: number;
  readonly microseconds: number;
  readonly socketErrors: number;
  readonly statusErrors: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

/** Loads a port with wrk, one thread. Its latencies leave out what a slow answer kept it from sending. */
export async function wrk(loop: ClosedLoop): Promise<LoadFigures> {
  const { port, path, connections, seconds, method = 'GET', bodyBytes = 0, keys = 0, fields = [] } = loop;
  const script = fileURLToPath(new URL('../wrk-report.lua', import.meta.url));
  const plan = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script];
  const url = `http://127.0.0.1:${port}${path}`;
  const output = await runPinned(LOAD_CORE, [
    'wrk',
    ...plan,
    url,
    '--',
    method,
    String(bodyBytes),
    String(keys),
    ...fields,
  ]);
  const report: WrkReport = JSON.parse(output.slice(output.lastIndexOf('\n{')));
  return {
    units: report.requests - report.statusErrors,
    seconds: report.microseconds / 1e6,
    errors: report.socketErrors + report.statusErrors,
    p50Ms: report.p50 / 1000,
    p99Ms: report.p99 / 1000,
    p999Ms: report.p999 / 1000,
  };
}
