import { ConfigError } from '../app/config-error.ts';
import { CodedError } from '../runtime/coded-error.ts';
import { EXIT } from './exit-code.ts';
import { printNote } from './output.ts';

/** Tells on standard error why a command failed: our own errors by their message, anything else with its stack. */
export function report(error: unknown): void {
  if (error instanceof CodedError) printNote(error.message);
  else printNote(error instanceof Error ? (error.stack ?? error.message) : String(error));
}

/** The exit code for a failure. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof ConfigError) return EXIT.badConfig;
  if (error instanceof CodedError && error.code === 'consul_unreachable') return EXIT.consulUnreachable;
  return EXIT.failed;
}
