import { Command, InvalidArgumentError, Option } from 'commander';
import { DURATION_PATTERN, durationMs } from '../app/units.ts';
import { adminOption } from './admin-client.ts';
import { eventStream } from './event-stream.ts';
import { untilInterrupted } from './interruption.ts';
import { type OutputFormat, printable, printNote, styled } from './output.ts';

interface TapFlags {
  readonly admin: string;
  readonly output: OutputFormat;
  readonly status?: string;
  readonly method?: string;
  readonly minDuration?: string;
  readonly errors: boolean;
  readonly count?: number;
}

/** A request as `/events` shows it. */
interface ShownRequest {
  readonly atMs: number;
  readonly method: string;
  readonly path: string;
  readonly upstream?: string;
  readonly status?: number;
  readonly error?: string;
  readonly durationMs: number;
  readonly attempts: number;
  readonly instance?: string;
  readonly traceId?: string;
  readonly skipped?: number;
}

/** `pilotfish tap [SERVICE]`: requests as they end. */
export function tapCommand(): Command {
  return new Command('tap')
    .description('requests as they end, at most 25 a second; paths without their query, no fields, no bodies')
    .argument('[service]', '[tag.]name[@datacenter]; left out, all')
    .option('--status <status>', 'only these, for example 404 or 5xx', asStatus)
    .option('--method <method>', 'only these, for example POST')
    .option('--min-duration <duration>', 'only those that took at least this, for example 250ms', asDuration)
    .option('--errors', 'only those that failed, or were answered with 500 or more', false)
    .option('-n, --count <count>', 'end after so many', asCount)
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['table', 'json']).default('table'))
    .addOption(adminOption())
    .action(tap);
}

async function tap(service: string | undefined, flags: TapFlags): Promise<void> {
  const stop = new AbortController();
  void untilInterrupted().then(() => stop.abort());
  const path = tapPath(service, flags);
  if (flags.output === 'table') printNote('requests as they end; Ctrl-C ends it');
  let left = flags.count ?? Number.POSITIVE_INFINITY;
  for await (const { data } of eventStream({ admin: flags.admin, path, signal: stop.signal })) {
    process.stdout.write(flags.output === 'json' ? `${data}\n` : requestLine(JSON.parse(data) as ShownRequest));
    left -= 1;
    if (left <= 0) break;
  }
}

/** Where the requests that are wanted come from. */
export function tapPath(service: string | undefined, flags: Omit<TapFlags, 'admin' | 'output'>): string {
  const query = new URLSearchParams({ kinds: 'request' });
  if (service !== undefined) query.set('upstream', service);
  if (flags.status !== undefined) query.set('status', flags.status);
  if (flags.method !== undefined) query.set('method', flags.method.toUpperCase());
  if (flags.minDuration !== undefined) query.set('minMs', String(durationMs(flags.minDuration)));
  if (flags.errors) query.set('errors', '');
  return `/events?${query}`;
}

/** A request on a line, in columns that fit 80 characters unless its path is long. */
export function requestLine(request: ShownRequest): string {
  const { atMs, method, path, upstream, status, error, durationMs, attempts, instance, traceId, skipped } = request;
  const isBad = error !== undefined || status === undefined || status >= 500;
  const time = new Date(atMs).toISOString().slice(11, 23);
  const end = String(status ?? '---');
  const facts = [
    ...(error === undefined ? [] : [error]),
    ...(attempts > 1 ? [`${attempts} attempts`] : []),
    ...(instance === undefined ? [] : [`→ ${instance}`]),
    ...(traceId === undefined ? [] : [`trace ${traceId}`]),
    ...(skipped === undefined ? [] : [`(${skipped} not shown before)`]),
  ];
  const columns = [
    time,
    isBad ? styled('red', end) : end,
    `${durationMs.toFixed(1)} ms`.padStart(10),
    printable(method).padEnd(6),
    (upstream ?? '-').padEnd(12),
    printable(path),
    styled('dim', printable(facts.join(' '))),
  ];
  return `${columns.join(' ').trimEnd()}\n`;
}

function asStatus(text: string): string {
  if (!/^[1-5](?:\d\d|xx)$/.test(text)) throw new InvalidArgumentError('Expected a status such as 404, or 5xx.');
  return text;
}

function asDuration(text: string): string {
  if (!DURATION_PATTERN.test(text)) throw new InvalidArgumentError('Expected a duration such as 250ms or 2s.');
  return text;
}

function asCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Expected a number from 1 on.');
  return Number(text);
}
