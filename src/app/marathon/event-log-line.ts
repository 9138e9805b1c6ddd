import type { EventReport } from '../../marathon/event-report.ts';
import type { LeadershipEvent } from '../../marathon/leader-lock.ts';
import { type LogLine, line } from '../log-line.ts';

/**
 * What is written down of the ways by which Marathon's events come.
 * @param hasStream callbacks may fail to come without anything being missed
 */
export function eventLogLine(report: EventReport, hasStream: boolean): LogLine {
  switch (report.kind) {
    case 'stream_opened':
      return line('info', 'Marathon’s event stream is open', { marathon: report.origin });
    case 'stream_lost': {
      const { error, retryInMs } = report;
      const message = 'no event stream of Marathon’s; another is opened';
      return line('warn', message, { error, retryInMs: Math.round(retryInMs) });
    }
    case 'event_refused': {
      const { way, problem } = report;
      // Marathon posts every type to a callback, and Consular refused those that it does not need as well.
      const level = way === 'callback' && problem.endsWith('not supported.') ? 'debug' : 'warn';
      return line(level, 'an event could not be used', { way, problem });
    }
    case 'subscribed':
      return line('info', 'Marathon has our callback now', { callback: report.callbackUrl });
    case 'subscription_failed': {
      const { retryable } = report.error;
      const level = hasStream && !retryable ? 'info' : 'warn';
      const without = hasStream
        ? 'this Marathon sends no callbacks; its event stream does'
        : 'Marathon sends no callbacks';
      const message = retryable ? 'Marathon could not be asked for our callback; it is asked again' : without;
      return line(level, message, { error: report.error, retryInMs: Math.round(report.retryInMs) });
    }
  }
}

/** What is written down of the office of the one bridge that writes. */
export function leadershipLogLine(event: LeadershipEvent): LogLine {
  const { kind, key } = event;
  if (kind === 'waiting') return line('info', 'standing by until no other bridge leads', { key });
  if (kind === 'elected') return line('info', 'this bridge leads now, and writes', { key });
  return line('warn', 'this bridge leads no more; it has stopped writing', { key, error: event.error });
}
