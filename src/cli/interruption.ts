import { EXIT } from './exit-code.ts';

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once, with 130. */
export function untilInterrupted(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let interrupted = false;
    const onSignal = (signal: NodeJS.Signals) => {
      if (interrupted) process.exit(EXIT.interrupted);
      interrupted = true;
      resolve(signal);
    };
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  });
}
