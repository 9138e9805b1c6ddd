import { type DevAgentEvent, startDevAgent } from '../dev-agent/dev-agent.ts';
import type { Logger } from '../telemetry/logger.ts';
import { asError } from './as-error.ts';
import { createLogger } from './logging.ts';

/** What the embedded registry is started with. */
export interface RegistryOptions {
  /** `host:port`; port 0 picks a free one. */
  readonly listen: string;
  readonly node?: string | undefined;
  readonly datacenter?: string | undefined;
  /** Keeps the state here over restarts; left out, it is in memory. */
  readonly dataDir?: string | undefined;
  /** Writes what happens to standard error. Default false. */
  readonly logs?: boolean | undefined;
}

/** The embedded registry, serving. */
export interface Registry extends AsyncDisposable {
  /** `http://127.0.0.1:8500`. */
  readonly address: string;
}

/** Starts the embedded registry, `pilotfish dev`. */
export function startRegistry({ logs, ...options }: RegistryOptions): Promise<Registry> {
  if (logs !== true) return startDevAgent(options);
  const { logger } = createLogger({ level: 'info', format: 'auto' });
  return startDevAgent({ ...options, onEvent: (event) => log(event, logger) });
}

function log(event: DevAgentEvent, logger: Logger): void {
  switch (event.kind) {
    case 'reaped':
      logger.info('a service was critical for too long and is removed', { service: event.service });
      break;
    case 'state_not_kept':
      logger.error('the state could not be written; the registry goes on in memory', { error: asError(event.error) });
      break;
    case 'defect':
      logger.error('the registry failed to answer; this is a mistake in pilotfish', {
        path: event.path,
        error: asError(event.error),
      });
  }
}
