import type { ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { ServerSession, type ServerSessionLimits } from '../http2/server-session.ts';
import { H2Exchange, type Translate } from './h2-exchange.ts';
import { H2TranslatedRequest } from './h2-translated-request.ts';
import type { Arrival, ProxyCore } from './proxy-core.ts';

/** All clients that speak HTTP/2. */
export class H2Clients {
  readonly #core: ProxyCore;
  readonly #limits: ServerSessionLimits;
  readonly #sessions = new Set<ServerSession>();

  constructor(core: ProxyCore) {
    const { http2, limits } = core.settings;
    const { headBytes, fields, headMs, keepAliveMs } = limits;
    this.#core = core;
    this.#limits = { ...http2, headBytes, fields, headMs, keepAliveMs };
  }

  /** Goes on with a connection that has shown the preface of HTTP/2. */
  take(socket: Duplex, http1: Arrival): void {
    const arrival: Arrival = { ...http1, isHttp2: true };
    const core = this.#core;
    const idle: H2Exchange[] = [];
    const lines: H2TranslatedRequest[] = [];
    const translate: Translate = (stream, head, isRequestWhole) => {
      let line = lines.pop();
      while (line?.isClosed === true) line = lines.pop();
      line ??= new H2TranslatedRequest(core, arrival, (other) => lines.push(other));
      line.start(stream, head, isRequestWhole);
    };
    const onStream = (stream: ServerHttp2Stream, raw: readonly string[], isWhole: boolean) => {
      const exchange = idle.pop() ?? new H2Exchange({ core, arrival, translate });
      if (exchange.start(stream, raw, isWhole)) stream.once('close', () => idle.push(exchange));
      else idle.push(exchange);
    };
    const onClose = () => {
      this.#sessions.delete(session);
      for (const line of lines) line.drop();
    };
    const session = new ServerSession(socket, { deadlines: core.deadlines, limits: this.#limits, onStream, onClose });
    this.#sessions.add(session);
    if (core.isDraining) session.close();
  }

  /** Lets each session end with its last request. */
  drain(): void {
    for (const session of this.#sessions) session.close();
  }
}
