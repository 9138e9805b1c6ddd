import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { CheckStatus } from '../store/catalog-records.ts';
import { connectFailure, type Probe, type ProbeResult, truncate } from './probe.ts';

/** What is asked of the app. */
export interface HttpProbeOptions {
  readonly url: string;
  /** Default GET. */
  readonly method: string;
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: string;
  readonly skipTlsVerify: boolean;
  /** How much of the answer becomes output. */
  readonly maxOutputBytes: number;
}

const MAX_REDIRECTS = 10;

/** 2xx passes, 429 warns, anything else is critical (docs/consul-client.md 23). Redirects are followed, as Consul does. */
export function httpProbe(options: HttpProbeOptions): Probe {
  return async (signal) => {
    const method = options.method || 'GET';
    try {
      return await ask(options, options.url, signal, MAX_REDIRECTS);
    } catch (error) {
      const verb = method.charAt(0) + method.slice(1).toLowerCase();
      const target = URL.canParse(options.url) ? hostPort(new URL(options.url)) : options.url;
      const reason = signal.aborted
        ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
        : connectFailure(error, target);
      return { status: 'critical', output: `${verb} ${JSON.stringify(options.url)}: ${reason}` };
    }
  };
}

async function ask(
  options: HttpProbeOptions,
  url: string,
  signal: AbortSignal,
  redirectsLeft: number,
): Promise<ProbeResult> {
  const response = await send(options, new URL(url), signal);
  const { statusCode = 0, statusMessage = '', headers } = response;
  if (statusCode >= 301 && statusCode <= 308 && headers.location !== undefined && redirectsLeft > 0) {
    response.destroy();
    return ask(options, new URL(headers.location, url).href, signal, redirectsLeft - 1);
  }
  const body = await readSome(response, options.maxOutputBytes);
  const head = `HTTP ${options.method || 'GET'} ${options.url}: ${statusCode} ${statusMessage} Output: `;
  return { status: statusOf(statusCode), output: head + body };
}

function statusOf(code: number): CheckStatus {
  if (code >= 200 && code <= 299) return 'passing';
  return code === 429 ? 'warning' : 'critical';
}

function send(options: HttpProbeOptions, url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string | string[]> = {
      'User-Agent': 'Consul Health Check',
      Accept: 'text/plain, text/*, */*',
    };
    for (const [name, values] of options.headers) headers[name] = [...values];
    if (Array.isArray(headers.Host)) headers.Host = headers.Host[0] ?? '';
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(url, {
      method: options.method || 'GET',
      headers,
      agent: false,
      signal,
      rejectUnauthorized: !options.skipTlsVerify,
    });
    request.once('response', resolve);
    request.once('error', reject);
    request.end(options.body);
  });
}

async function readSome(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= maxBytes) break;
  }
  response.destroy();
  return truncate(Buffer.concat(chunks).toString(), maxBytes);
}

function hostPort(url: URL): string {
  return `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`;
}
