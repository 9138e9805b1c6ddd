import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Contestant } from './contestant.ts';
import { PROXY_CORE, startServer } from './pinned-process.ts';
import type { ProxyTask } from './proxy-task.ts';

/** The built program, as users run it. `BENCH_PILOTFISH` names another (another checkout's, or `src/cli/main.ts`), for before and after. */
const program = process.env['BENCH_PILOTFISH'] ?? fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const packageFile = new URL('../../package.json', import.meta.url);

/** What a variant leaves out of the sidecar's defaults. */
interface Variant {
  /** Metrics, and traces of 1 % of the requests. */
  readonly isObserved: boolean;
  /** Retries with their replay buffer and budget, ejection, limits, panic, timeouts of the first byte. */
  readonly isResilient: boolean;
}

/** Everything that resilience does for a request, switched off. */
const NOT_RESILIENT = {
  retry: { attempts: 1, on: [], buffer: '0B' },
  outlier: { consecutiveFailures: 0, consecutiveGatewayFailures: 0, slowStart: '0s' },
  limits: { connections: 0, pending: 0, requests: 0 },
  timeouts: { firstByte: '0s', idle: '0s' },
  panicBelow: '0%',
};

/** The configuration with which a variant does its task. */
export function configuration(
  { listenPort, endpoints, policy }: Pick<ProxyTask, 'listenPort' | 'endpoints' | 'policy'>,
  { isObserved, isResilient }: Variant,
): object {
  return {
    proxy: { listen: `127.0.0.1:${listenPort}` },
    admin: { listen: '127.0.0.1:0' },
    upstreams: {
      bench: {
        endpoints,
        policy,
        ...(policy === 'ring-hash' ? { hashOn: 'header:X-Key' } : {}),
        ...(isResilient ? {} : NOT_RESILIENT),
      },
    },
    telemetry: {
      traces: { ratio: isObserved ? 0.01 : 0 },
      metrics: { prometheus: isObserved },
      logs: { level: 'error', access: 'off' },
    },
  };
}

/** The variables with which it sends what it traces. */
export function environment(collectorPort: number, { isObserved }: Variant): Readonly<Record<string, string>> {
  return isObserved ? { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collectorPort}` } : {};
}

function pilotfish(name: string, about: string, variant: Variant): Contestant {
  return {
    name,
    kind: 'own',
    about,
    tunnelsWebSockets: true,
    version() {
      if (!existsSync(program)) return undefined;
      const { version }: { version: string } = JSON.parse(readFileSync(packageFile, 'utf8'));
      return version;
    },
    remedy: 'npm run build',
    start(task) {
      const config = join(task.directory, 'pilotfish.yaml');
      writeFileSync(config, JSON.stringify(configuration(task, variant)));
      const command = [process.execPath, program, 'run', '-c', config] as const;
      return startServer(PROXY_CORE, command, task.listenPort, environment(task.collectorPort, variant));
    },
  };
}

/** The sidecar as users run it, with a fixed list of endpoints instead of a catalog (JSON is YAML). */
export const pilotfishContestants: readonly Contestant[] = [
  pilotfish('pilotfish', 'pilotfish, metrics on, 1 % of the requests traced and exported (the default)', {
    isObserved: true,
    isResilient: true,
  }),
  pilotfish('pilotfish-quiet', 'pilotfish, metrics and traces off', { isObserved: false, isResilient: true }),
  pilotfish('pilotfish-bare', 'pilotfish, resilience off: no retries, ejection, limits, panic or timeouts', {
    isObserved: true,
    isResilient: false,
  }),
];
