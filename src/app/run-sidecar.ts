import { AppSupervisor, exitCodeOf } from '../registration/app-supervisor.ts';
import { systemClock } from '../runtime/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type AppPort, givenPort, heldPort } from './app-port.ts';
import { ConfigError } from './config-error.ts';
import type { ConfigLayer } from './config-layer.ts';
import { DEFAULT_SERVICE } from './default-config.ts';
import type { LoadedConfig } from './load-config.ts';
import type { LogCounts } from './logging.ts';
import { Sidecar } from './sidecar.ts';
import { durationMs } from './units.ts';
import type { WorkerProgram } from './workers/worker-data-plane.ts';

/** How `pilotfish run` goes. */
export interface RunSidecarOptions {
  readonly loaded: LoadedConfig;
  /** Reads the configuration anew, with what is kept in Consul's KV. @throws ConfigError */
  readonly load: (kv?: ConfigLayer) => LoadedConfig;
  readonly logger: Logger;
  /** Where the logger's lines go. */
  readonly writer: LogCounts;
  /** What workers run. */
  readonly worker: WorkerProgram;
  /** The app to start and its arguments; empty: it runs elsewhere. */
  readonly app: readonly string[];
  /** Called at the second SIGINT; does not return. */
  readonly onSecondInterrupt: () => never;
}

/**
 * Runs a sidecar until it is told to stop or its app ends. A first SIGTERM or SIGINT leaves in order: out of the catalog,
 * callers gone, app stopped, requests answered. A second SIGTERM hurries, a second SIGINT breaks off. SIGHUP reloads.
 * @returns the exit code: 0, or the app's
 */
export async function runSidecar(options: RunSidecarOptions): Promise<number> {
  const { loaded, load, logger, writer, worker, app } = options;
  const { service } = loaded.config;
  const appPort = await chosenPort(loaded, app);
  const start = Sidecar.start({ loaded, load, logger, writer, worker, appPort });
  const sidecar = await start.finally(() => appPort.release());
  const [command, ...args] = app;
  const { proxyUrl, adminUrl } = sidecar;
  const port = service === undefined ? undefined : appPort.number;
  let supervisor: AppSupervisor | undefined;
  const hurry = new AbortController();
  // Before anybody hears that it serves: who hears may stop it at once.
  const signalled = firstSignal(hurry, () => {
    supervisor?.forward('SIGKILL');
    options.onSecondInterrupt();
  });
  process.on('SIGHUP', () => void reload(sidecar, load, logger));
  if (command !== undefined) {
    const { env } = process;
    const spawned = AppSupervisor.start({ command, args, env, proxyUrl, adminUrl, port, clock: systemClock });
    supervisor = await spawned.catch(async (error: unknown) => {
      await sidecar[Symbol.asyncDispose]();
      throw error;
    });
  }
  process.send?.({ type: 'ready', proxyUrl, adminUrl });

  const ended = await Promise.race([signalled, ...(supervisor === undefined ? [] : [supervisor.exited])]);
  if (typeof ended !== 'string') {
    logger.warn('the app has ended; the sidecar ends with it', { code: ended.code, signal: ended.signal });
    await sidecar[Symbol.asyncDispose]();
    return exitCodeOf(ended);
  }
  logger.info('stopping', { signal: ended });
  await sidecar.leave(hurry.signal);
  const exit = await supervisor?.stop(ended, durationMs(service?.drain.grace ?? DEFAULT_SERVICE.drain.grace));
  await sidecar.shutdown(hurry.signal);
  return exit === undefined ? 0 : exitCodeOf(exit);
}

/** Resolves at the first signal to stop. */
function firstSignal(hurry: AbortController, onSecondInterrupt: () => void): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let isStopping = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (isStopping && signal === 'SIGINT') onSecondInterrupt();
      if (isStopping) hurry.abort();
      isStopping = true;
      resolve(signal);
    };
    process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  });
}

async function reload(sidecar: Sidecar, load: RunSidecarOptions['load'], logger: Logger): Promise<void> {
  try {
    await sidecar.reload(load(sidecar.kvLayer));
  } catch (error) {
    const reason = error instanceof Error ? error : new Error(String(error));
    logger.error('the new configuration is not used; the old one stays', { error: reason });
  }
}

/** The port on which the app listens, or is to listen. */
async function chosenPort({ config, originOf }: LoadedConfig, app: readonly string[]): Promise<AppPort> {
  const { service } = config;
  if (service === undefined || service.port !== 0) return givenPort(service?.port ?? 0);
  if (app.length > 0) return await heldPort();
  const message =
    'port 0 means a free one for the app that run starts, and no app is given after --: say the app’s port';
  throw new ConfigError([{ where: originOf(['service', 'port']), path: 'service.port', message }]);
}
