import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Contestant } from './contestant.ts';
import { PROXY_CORE, startServer } from './pinned-process.ts';
import type { ProxyTask } from './proxy-task.ts';

/** `BENCH_PILOTFISH` names another entry point (another checkout's, or `dist/cli/main.js`), for before and after. */
const program = process.env['BENCH_PILOTFISH'] ?? fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const packageFile = new URL('../../package.json', import.meta.url);

function configuration({ listenPort, endpoints, policy }: ProxyTask, observed: boolean): string {
  return JSON.stringify({
    proxy: { listen: `127.0.0.1:${listenPort}` },
    admin: { listen: '127.0.0.1:0' },
    upstreams: { bench: { endpoints, policy, ...(policy === 'ring-hash' ? { hashOn: 'header:X-Key' } : {}) } },
    telemetry: {
      traces: { ratio: observed ? 0.01 : 0 },
      metrics: { prometheus: observed },
      logs: { level: 'error', access: 'off' },
    },
  });
}

function pilotfish(name: string, about: string, observed: boolean): Contestant {
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
    remedy: 'there is no src/cli/main.ts in this checkout yet',
    start(task) {
      const config = join(task.directory, 'pilotfish.yaml');
      writeFileSync(config, configuration(task, observed));
      const command = [process.execPath, program, 'run', '-c', config] as const;
      const collector = `http://127.0.0.1:${task.collectorPort}`;
      const env: Record<string, string> = observed ? { OTEL_EXPORTER_OTLP_ENDPOINT: collector } : {};
      return startServer(PROXY_CORE, command, task.listenPort, env);
    },
  };
}

/** The sidecar as users run it, with a fixed list of endpoints instead of a catalog (JSON is YAML). */
export const pilotfishContestants: readonly Contestant[] = [
  pilotfish('pilotfish', 'pilotfish, metrics on, 1 % of the requests traced and exported (the default)', true),
  pilotfish('pilotfish-quiet', 'pilotfish, metrics and traces off', false),
];
