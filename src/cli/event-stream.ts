import { get, type IncomingMessage } from 'node:http';
import { CodedError } from '../runtime/coded-error.ts';

/** An event of the admin port's stream. */
export interface StreamedEvent {
  readonly kind: string;
  /** JSON. */
  readonly data: string;
}

/** How the stream is asked for. */
export interface EventStreamOptions {
  /** `http://host:port` or `unix:///path`. */
  readonly admin: string;
  readonly path: string;
  readonly signal: AbortSignal;
}

/**
 * Server-sent events of a running sidecar, until the signal aborts.
 * @throws CodedError `admin_unreachable` also when the sidecar ends, `admin_refused` with the sidecar's own words
 */
export async function* eventStream({ admin, path, signal }: EventStreamOptions): AsyncGenerator<StreamedEvent> {
  const answer = await open(admin, path, signal);
  if (answer.statusCode !== 200) throw refused(await textOf(answer));
  try {
    yield* eventsIn(answer);
  } catch (error) {
    if (!signal.aborted) throw unreachable(admin, error);
  }
}

/** Leaving it early closes the connection. */
async function* eventsIn(answer: IncomingMessage): AsyncGenerator<StreamedEvent> {
  let kind = 'message';
  let data = '';
  let rest = '';
  for await (const chunk of answer.setEncoding('utf8')) {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('event: ')) kind = line.slice('event: '.length);
      else if (line.startsWith('data: ')) data += line.slice('data: '.length);
      else if (line === '' && data !== '') {
        yield { kind, data };
        kind = 'message';
        data = '';
      }
    }
  }
}

function open(admin: string, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  const socketPath = admin.startsWith('unix://') ? admin.slice('unix://'.length) : undefined;
  const url = new URL(path, socketPath === undefined ? admin : 'http://localhost');
  return new Promise((resolve, reject) => {
    get(url, { socketPath, signal }, resolve).on('error', (error) => reject(unreachable(admin, error)));
  });
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) text += chunk;
  try {
    const { detail } = JSON.parse(text) as { readonly detail?: string };
    return detail ?? text;
  } catch {
    return `status ${answer.statusCode}: is this a sidecar’s admin port?`;
  }
}

function unreachable(url: string, cause: unknown): CodedError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `no sidecar answers at ${url}: ${reason}; start one with pilotfish run, or name its admin port with --admin`;
  return new CodedError(message, { code: 'admin_unreachable', side: 'internal', retryable: true, cause });
}

function refused(message: string): CodedError {
  return new CodedError(message, { code: 'admin_refused', side: 'internal', retryable: false });
}
