import type { LogFields } from '../telemetry/log-fields.ts';
import type { LogLevel } from '../telemetry/log-line.ts';

/** A line to be logged. */
export interface LogLine {
  readonly level: Exclude<LogLevel, 'off'>;
  readonly message: string;
  readonly fields: LogFields;
}

/** A line in one expression. */
export function line(level: LogLine['level'], message: string, fields: LogFields): LogLine {
  return { level, message, fields };
}
