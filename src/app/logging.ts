import { systemClock } from '../runtime/clock.ts';
import { jsonLine, prettyLine } from '../telemetry/log-line.ts';
import { descriptorSink, LogWriter } from '../telemetry/log-writer.ts';
import { chooseLineFormat, Logger } from '../telemetry/logger.ts';
import type { TelemetryConfig } from './config.ts';

const STDERR = 2;

/** The process's logger, on standard error, and its writer, to be flushed before the process ends. */
export function createLogger({ level, format }: Pick<TelemetryConfig['logs'], 'level' | 'format'>): {
  readonly logger: Logger;
  readonly writer: LogWriter;
} {
  const writer = new LogWriter({ sink: descriptorSink(STDERR), clock: systemClock });
  const chosen = chooseLineFormat({ isTty: process.stderr.isTTY === true, env: process.env });
  const line = format === 'json' ? jsonLine : format === 'pretty' ? prettyLine(process.stderr.isTTY === true) : chosen;
  return { logger: new Logger({ writer, clock: systemClock, level, format: line }), writer };
}
