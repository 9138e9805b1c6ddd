import { systemClock } from '../runtime/clock.ts';
import { jsonLine, prettyLine } from '../telemetry/log-line.ts';
import { descriptorSink, type LogSink, LogWriter } from '../telemetry/log-writer.ts';
import { chooseLineFormat, Logger } from '../telemetry/logger.ts';
import type { PilotfishMetrics } from '../telemetry/pilotfish-metrics.ts';
import type { TelemetryConfig } from './config.ts';

const STDERR = 2;

/**
 * The process's logger and its writer, to be flushed before the process ends.
 * @param file where lines go; undefined: to standard error
 */
export function createLogger(
  { level, format }: Pick<TelemetryConfig['logs'], 'level' | 'format'>,
  file?: LogSink | undefined,
): {
  readonly logger: Logger;
  readonly writer: LogWriter;
} {
  const writer = new LogWriter({ sink: file ?? descriptorSink(STDERR), clock: systemClock });
  const isTty = file === undefined && process.stderr.isTTY === true;
  const chosen = file === undefined ? chooseLineFormat({ isTty, env: process.env }) : jsonLine;
  const line = format === 'json' ? jsonLine : format === 'pretty' ? prettyLine(isTty) : chosen;
  return { logger: new Logger({ writer, clock: systemClock, level, format: line }), writer };
}

/** Where a process's log lines go, as far as they are counted. */
export type LogCounts = Pick<LogWriter, 'accepted' | 'dropped'>;

/** Sets how many lines were written and how many were not; called before each reading of the registry. */
export function collectLogLines(metrics: PilotfishMetrics, { accepted, dropped }: LogCounts): void {
  metrics.logLines.bind('written').observe(accepted);
  metrics.logLines.bind('dropped').observe(dropped);
}
