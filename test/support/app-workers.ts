import { Agent, createServer, get, type IncomingMessage, type Server } from 'node:http';
import { Agent as TlsAgent, get as tlsGet } from 'node:https';
import type { AddressInfo } from 'node:net';
import { CliProcess } from './cli-process.ts';

/** A sidecar with two workers that logs every request, and what its workers did. Owned by one test. */
export class WorkersSidecar implements AsyncDisposable {
  readonly process: CliProcess;

  constructor(...args: readonly string[]) {
    const ports = ['--proxy-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0', '--log-format', 'json'];
    const set = ['--set', 'proxy.workers=2', '--set', 'telemetry.logs.access=all'];
    this.process = new CliProcess(['run', ...ports, ...set, ...args]);
  }

  /** Log lines with these words, of one worker. */
  lines(message: string, worker: number): readonly Readonly<Record<string, unknown>>[] {
    return this.process.stderr
      .split('\n')
      .filter((line) => line.includes(`"msg":"${message}"`) && line.includes(`"worker":${worker}`))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** The process id of the worker with this number, the newest. */
  pid(worker: number): number {
    return this.lines('worker started', worker).at(-1)?.['pid'] as number;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
  }
}

/** An origin that answers with its name, after `delayMs`. */
export class NamedOrigin implements AsyncDisposable {
  readonly #server: Server;
  requests = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(name: string, delayMs = 0): Promise<NamedOrigin> {
    const server = createServer((_request, response) => {
      origin.requests += 1;
      setTimeout(() => response.end(name), delayMs);
    });
    const origin = new NamedOrigin(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return origin;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Asks on a connection of its own, so that another worker may get it; by `https:` whatever the certificate. @throws when there is no answer within 5 s */
export function askAnew(url: string, agent: Agent | false = false): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { agent, timeout: 5000 };
    const onResponse = (response: IncomingMessage) => {
      let text = `${response.statusCode} `;
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve(text)).on('error', reject);
    };
    const request = url.startsWith('https:')
      ? tlsGet(url, { ...options, rejectUnauthorized: false }, onResponse)
      : get(url, options, onResponse);
    request.on('timeout', () => request.destroy(new Error('no answer within 5 s')));
    request.on('error', reject);
  });
}

/** How a caller of {@link callers} fared. */
export interface CallerReport {
  readonly answered: number;
  readonly errors: readonly string[];
}

/** `count` callers, each asking again and again on a kept connection (or, `anew`, on a new one each time), until stopped. */
export function callers(url: string, count: number, anew = false): () => Promise<readonly CallerReport[]> {
  let isStopped = false;
  const run = async (): Promise<CallerReport> => {
    const Kept = url.startsWith('https:') ? TlsAgent : Agent;
    const agent = anew ? false : new Kept({ keepAlive: true, maxSockets: 1 });
    const errors: string[] = [];
    let answered = 0;
    while (!isStopped) {
      try {
        const answer = await askAnew(url, agent);
        if (!answer.startsWith('200 ')) throw new Error(answer);
        answered += 1;
      } catch (error) {
        errors.push(String(error));
      }
    }
    if (agent !== false) agent.destroy();
    return { answered, errors };
  };
  const all = Promise.all(Array.from({ length: count }, run));
  return () => {
    isStopped = true;
    return all;
  };
}
