import { AppConnections } from '../registration/app-connections.ts';
import { drain } from '../registration/drain.ts';
import type { Registrar } from '../registration/registrar.ts';
import { systemClock } from '../runtime/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import { asError } from './as-error.ts';
import type { ServiceConfig } from './config.ts';
import { durationMs } from './units.ts';

/** Who leaves, and who is told of it. */
export interface LeaveOptions {
  readonly registrar: Registrar;
  readonly service: ServiceConfig;
  readonly logger: Logger;
}

/**
 * Takes the app out of the catalog and waits until its callers have stopped, as far as its connections show it, at most
 * `service.drain.wait`. A Consul that cannot be told is logged, and does not stop it.
 * @param hurry aborts the wait
 */
export async function leaveCatalog({ registrar, service, logger }: LeaveOptions, hurry: AbortSignal): Promise<void> {
  const connections = new AppConnections(registrar.status().port, systemClock);
  const traffic = (await connections.look()) ? connections : undefined;
  const looking = new AbortController();
  const looked = traffic?.run(looking.signal);
  const report = await drain(
    {
      announce: () => registrar.setMaintenance({ reason: 'draining' }),
      leave: () => registrar.deregister(),
      traffic,
      clock: systemClock,
      maxMs: durationMs(service.drain.wait),
    },
    hurry,
  );
  looking.abort();
  await looked;
  const { endedBy, tookMs, served, failures } = report;
  for (const error of failures) logger.warn('Consul could not be told that the app leaves', { error: asError(error) });
  logger.info('drained', { endedBy, tookMs: Math.round(tookMs), served });
}
