import type { Clock } from '../runtime/clock.ts';
import type { LogFields } from './log-fields.ts';
import { jsonLine, type LineFormat, type LogLevel, logLevels, prettyLine } from './log-line.ts';
import type { LogWriter } from './log-writer.ts';

/** What a {@link Logger} is made of. */
export interface LoggerOptions {
  readonly writer: Pick<LogWriter, 'push' | 'dropped'>;
  readonly clock: Clock;
  /** Default `info`. */
  readonly level?: LogLevel | undefined;
  /** Default: JSON lines. {@link chooseLineFormat} picks by terminal. */
  readonly format?: LineFormat | undefined;
}

interface Shared {
  readonly writer: Pick<LogWriter, 'push' | 'dropped'>;
  readonly clock: Clock;
  readonly format: LineFormat;
  rank: number;
  reportedDrops: number;
}

const rankOf = (level: LogLevel): number => logLevels.indexOf(level);

/**
 * Writes lines at or above a level that can be changed while running. Children made by {@link with} share level and
 * writer. Used by app/ and cli/ only; the rooms below report events.
 */
export class Logger {
  readonly #shared: Shared;
  readonly #fields: LogFields | undefined;

  constructor(options: LoggerOptions);
  /** For {@link with}. */
  constructor(shared: Shared, fields: LogFields);
  constructor(options: LoggerOptions | Shared, fields?: LogFields) {
    this.#fields = fields;
    this.#shared =
      'rank' in options
        ? options
        : {
            writer: options.writer,
            clock: options.clock,
            format: options.format ?? jsonLine,
            rank: rankOf(options.level ?? 'info'),
            reportedDrops: 0,
          };
  }

  get level(): LogLevel {
    return logLevels[this.#shared.rank] as LogLevel;
  }

  /** Takes effect at once, for all that share it (`POST /v1/log-level`). */
  set level(level: LogLevel) {
    this.#shared.rank = rankOf(level);
  }

  /** Whether lines of this level are written; ask before making costly fields. */
  writes(level: LogLevel): boolean {
    return rankOf(level) >= this.#shared.rank;
  }

  /** A logger whose lines all begin with these fields. */
  with(fields: LogFields): Logger {
    return new Logger(this.#shared, { ...this.#fields, ...fields });
  }

  debug(message: string, fields?: LogFields): void {
    if (this.#shared.rank <= 0) this.#write('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    if (this.#shared.rank <= 1) this.#write('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    if (this.#shared.rank <= 2) this.#write('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    if (this.#shared.rank <= 3) this.#write('error', message, fields);
  }

  #write(level: LogLevel, message: string, fields: LogFields | undefined): void {
    const shared = this.#shared;
    const { writer, format } = shared;
    const wallMs = shared.clock.wallMs();
    const all = this.#fields === undefined ? fields : { ...this.#fields, ...fields };
    if (!writer.push(format(wallMs, level, message, all))) return;
    const dropped = writer.dropped - shared.reportedDrops;
    if (dropped === 0) return;
    shared.reportedDrops += dropped;
    writer.push(format(wallMs, 'warn', 'log lines were dropped because their reader is too slow', { dropped }));
  }
}

/** What decides the look of lines. */
export interface TerminalFacts {
  readonly isTty: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Pretty on a terminal, JSON elsewhere. Colours on a terminal unless `NO_COLOR` is set and not empty (no-color.org) or
 * `TERM` is `dumb`; `FORCE_COLOR` other than `0` forces the pretty form and colours, also into a pipe.
 */
export function chooseLineFormat({ isTty, env }: TerminalFacts): LineFormat {
  const force = env.FORCE_COLOR;
  const forced = force !== undefined && force !== '0' && force !== 'false';
  if (!isTty && !forced) return jsonLine;
  const refused = (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb' || force === '0' || force === 'false';
  return prettyLine(forced || !refused);
}
