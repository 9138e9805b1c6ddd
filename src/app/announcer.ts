import type { EventFeed } from '../admin/event-feed.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { LogLine } from './log-line.ts';

/** Who hears an {@link Announcer}. */
export interface AnnouncerOptions {
  readonly logger: Logger;
  readonly feed: EventFeed;
  readonly clock: Clock;
}

/** Tells what happens to the log and to those who watch `/events`. */
export class Announcer {
  readonly #options: AnnouncerOptions;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  /** Writes a line, and shows it to who watches; lines of level debug are for the log alone. */
  tell(kind: string, { level, message, fields }: LogLine): void {
    const { logger, feed, clock } = this.#options;
    logger[level](message, fields);
    if (level === 'debug') return;
    feed.publish({ kind, atMs: clock.wallMs(), data: { level, message, ...shownFields(fields) } });
  }

  /** The same; what is no news is for the log alone. */
  tellNews(kind: string, line: LogLine, isNews: boolean): void {
    this.tell(kind, isNews ? line : { ...line, level: 'debug' });
  }
}

/** An error has no fields that JSON would show. */
function shownFields(fields: LogLine['fields']): object {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? value.message : value]),
  );
}
