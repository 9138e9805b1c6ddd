import { asError } from '../as-error.ts';
import { BridgeService, type BridgeServiceOptions } from './bridge-service.ts';

/** How `pilotfish marathon` goes. */
export interface RunBridgeOptions extends BridgeServiceOptions {
  /** Called on SIGHUP. @throws CodedError when the log file cannot be opened anew */
  readonly reopenLog: () => void;
  /** Called at the second signal to stop; does not return. */
  readonly onSecondInterrupt: () => never;
}

/**
 * Runs a bridge until it is told to stop. The first SIGTERM or SIGINT ends the write under way, gives the lock back and
 * leaves Consul as it is; a second one breaks off. SIGHUP opens the log file anew.
 * @returns the exit code: 0, or 1 when the bridge failed in a way that it cannot go on from
 */
export async function runBridge(options: RunBridgeOptions): Promise<number> {
  const { logger, reopenLog, onSecondInterrupt } = options;
  const service = await BridgeService.start(options);
  // Before anybody hears that it works: who hears may stop it at once.
  const signalled = firstSignal(onSecondInterrupt);
  process.on('SIGHUP', () => {
    try {
      reopenLog();
    } catch (error) {
      logger.error('the log goes on in the old file', { error: asError(error) });
    }
  });
  process.send?.({ type: 'ready', adminUrl: service.adminUrl, callbackUrl: service.callbackUrl });
  const ended = await Promise.race([signalled, service.broken]);
  if (ended instanceof Error) logger.error('the bridge failed and ends', { error: ended });
  else logger.info('stopping', { signal: ended });
  await service[Symbol.asyncDispose]();
  return ended instanceof Error ? 1 : 0;
}

/** Resolves at the first signal to stop. */
function firstSignal(onSecondInterrupt: () => void): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let isStopping = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (isStopping) onSecondInterrupt();
      isStopping = true;
      resolve(signal);
    };
    process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  });
}
